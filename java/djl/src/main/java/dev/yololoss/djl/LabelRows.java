package dev.yololoss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.yololoss.TargetException;
import dev.yololoss.Targets;
import dev.yololoss.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A batch's labels, in either of two forms, as the engine's targets.
 *
 * @param places where each target stands in the labels, in words
 */
record LabelRows(Targets targets, List<String> places) {
  private static final int PADDED = 5;
  private static final int LISTED = 6;

  /**
   * Reads labels.
   *
   * @param labels one array; for the padded form there may be a second one, {@code [images]}, with
   *     the number of rows that count
   * @param images the batch size
   * @throws TensorException if the labels have neither form, or are of other images
   */
  static LabelRows of(NDList labels, int images) {
    if (labels.isEmpty()) {
      throw new TensorException("there is no array of labels; must be one");
    }
    Shape shape = labels.head().getShape();
    boolean padded = shape.dimension() == 3 && shape.get(2) == PADDED;
    boolean listed = shape.dimension() == 2 && shape.get(1) == LISTED;
    if (!padded && !listed) {
      throw new TensorException(
          "labels have the shape "
              + shape
              + "; must be [images, rows, 5] of class, x, y, w, h with the top left corner, or"
              + " [rows, 6] of image, class, cx, cy, w, h");
    }
    if (padded && shape.get(0) != images) {
      throw new TensorException(
          "labels are of " + shape.get(0) + " images; the heads are of " + images);
    }
    if (labels.size() > (padded ? 2 : 1)) {
      throw new TensorException(
          labels.size()
              + " arrays of labels; must be one, and where it is padded at most a second one with"
              + " each image's number of rows");
    }
    double[] numbers = numbers("labels", labels.head());
    if (listed) {
      return listed(numbers);
    }
    int rows = Math.toIntExact(shape.get(1));
    return padded(numbers, images, rows, counts(labels, images, rows));
  }

  /**
   * Runs what reads the targets, and lets it say where in the labels a bad one stands.
   *
   * @throws TargetException naming it
   */
  <T> T named(Supplier<T> work) {
    try {
      return work.get();
    } catch (TargetException e) {
      String what = e.getMessage().substring(e.getMessage().indexOf(": ") + 2);
      TargetException named =
          new TargetException(e.row(), places.get(e.row()) + " of the labels: " + what);
      named.initCause(e);
      throw named;
    }
  }

  private static LabelRows listed(double[] numbers) {
    Collector rows = new Collector();
    for (int row = 0; row * LISTED < numbers.length; row++) {
      int at = row * LISTED;
      rows.place("row " + row);
      rows.add(
          rows.whole("image", numbers[at]),
          rows.whole("class", numbers[at + 1]),
          numbers[at + 2],
          numbers[at + 3],
          numbers[at + 4],
          numbers[at + 5]);
    }
    return rows.collected();
  }

  private static LabelRows padded(double[] numbers, int images, int rows, int[] counts) {
    Collector collector = new Collector();
    for (int image = 0; image < images; image++) {
      for (int row = 0; row < counts[image]; row++) {
        int at = (image * rows + row) * PADDED;
        if (isPadding(numbers, at)) {
          continue;
        }
        double width = numbers[at + 3];
        double height = numbers[at + 4];
        collector.place("row " + row + " of image " + image);
        collector.add(
            image,
            collector.whole("class", numbers[at]),
            numbers[at + 1] + width / 2,
            numbers[at + 2] + height / 2,
            width,
            height);
      }
    }
    return collector.collected();
  }

  /** A class of -1, or nothing but zeros. */
  private static boolean isPadding(double[] numbers, int at) {
    boolean zeros = true;
    for (int i = 0; i < PADDED; i++) {
      zeros &= numbers[at + i] == 0;
    }
    return zeros || numbers[at] == -1;
  }

  private static int[] counts(NDList labels, int images, int rows) {
    int[] counts = new int[images];
    double[] stated = labels.size() == 1 ? new double[0] : numbers("row counts", labels.get(1));
    if (labels.size() == 2 && stated.length != images) {
      throw new TensorException(
          stated.length + " row counts stand beside the labels of " + images + " images");
    }
    for (int image = 0; image < images; image++) {
      double count = labels.size() == 1 ? rows : stated[image];
      if (!(count >= 0 && count <= rows && count == Math.rint(count))) {
        throw new TensorException(
            "the row count of image " + image + " is " + count + "; must lie in 0.." + rows);
      }
      counts[image] = (int) count;
    }
    return counts;
  }

  private static double[] numbers(String what, NDArray array) {
    DataType type = array.getDataType();
    if (!type.isFloating() && !type.isInteger()) {
      throw new TensorException(what + " are of type " + type + "; must be numbers");
    }
    if (array.size() == 0) {
      return new double[0];
    }
    if (type == DataType.FLOAT64) {
      return array.toDoubleArray();
    }
    try (NDArray doubles = array.toType(DataType.FLOAT64, true)) {
      return doubles.toDoubleArray();
    }
  }

  private static final class Collector {
    private final Targets.Builder targets = Targets.builder();
    private final List<String> places = new ArrayList<>();

    void place(String words) {
      places.add(words);
    }

    int whole(String field, double value) {
      if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
        throw new TargetException(
            places.size() - 1,
            places.getLast()
                + " of the labels: "
                + field
                + " is "
                + value
                + "; must be a whole number");
      }
      return (int) value;
    }

    void add(int image, int category, double x, double y, double width, double height) {
      targets.add(image, category, x, y, width, height);
    }

    LabelRows collected() {
      return new LabelRows(targets.build(), List.copyOf(places));
    }
  }
}
