package dev.yololoss;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The boxes that a batch of images holds: rows of (image, class, cx, cy, w, h), the box in
 * fractions of the image.
 *
 * <p>Any order; some losses depend on the order of an image's rows. Whether the numbers make sense
 * is checked when a loss is computed from them, since that knows the number of images and classes;
 * see {@link TargetPolicy}. Immutable.
 */
public final class Targets {
  private static final int BOX = 4;

  private final int[] images;
  private final int[] categories;
  private final double[] boxes;

  private Targets(int[] images, int[] categories, double[] boxes) {
    this.images = images;
    this.categories = categories;
    this.boxes = boxes;
  }

  public static Targets none() {
    return builder().build();
  }

  /**
   * Targets from rows of six numbers.
   *
   * @throws TargetException if a row has another length, or an image or class that is no whole
   *     number
   */
  public static Targets ofRows(double[][] rows) {
    Builder builder = builder();
    for (int row = 0; row < rows.length; row++) {
      double[] r = rows[row];
      if (r.length != 2 + BOX) {
        throw new TargetException(
            row, "has " + r.length + " numbers; must be image, class, cx, cy, w, h");
      }
      builder.add(whole(row, "image", r[0]), whole(row, "class", r[1]), r[2], r[3], r[4], r[5]);
    }
    return builder.build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** The number of rows. */
  public int size() {
    return images.length;
  }

  public int image(int row) {
    return images[row];
  }

  /** The class index of a row. */
  public int category(int row) {
    return categories[row];
  }

  public double centreX(int row) {
    return boxes[BOX * row];
  }

  public double centreY(int row) {
    return boxes[BOX * row + 1];
  }

  public double width(int row) {
    return boxes[BOX * row + 2];
  }

  public double height(int row) {
    return boxes[BOX * row + 3];
  }

  /** The rows of an image, in order. */
  public int[] rowsOf(int image) {
    return IntStream.range(0, size()).filter(row -> images[row] == image).toArray();
  }

  private static int whole(int row, String field, double value) {
    if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
      throw new TargetException(row, field + " is " + value + "; must be a whole number");
    }
    return (int) value;
  }

  /** Collects rows. */
  public static final class Builder {
    private int size;
    private int[] images = new int[16];
    private int[] categories = new int[16];
    private double[] boxes = new double[16 * BOX];

    private Builder() {}

    public Builder add(
        int image, int category, double centreX, double centreY, double width, double height) {
      if (size == images.length) {
        images = Arrays.copyOf(images, 2 * size);
        categories = Arrays.copyOf(categories, 2 * size);
        boxes = Arrays.copyOf(boxes, 2 * size * BOX);
      }
      images[size] = image;
      categories[size] = category;
      boxes[BOX * size] = centreX;
      boxes[BOX * size + 1] = centreY;
      boxes[BOX * size + 2] = width;
      boxes[BOX * size + 3] = height;
      size++;
      return this;
    }

    public Targets build() {
      return new Targets(
          Arrays.copyOf(images, size),
          Arrays.copyOf(categories, size),
          Arrays.copyOf(boxes, size * BOX));
    }
  }
}
