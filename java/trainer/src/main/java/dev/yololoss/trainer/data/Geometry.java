package dev.yololoss.trainer.data;

/** A box in the way its label file states it. All numbers are finite. */
sealed interface Geometry {
  /** Edges in pixels (Pascal VOC). */
  record Corners(double xmin, double ymin, double xmax, double ymax) implements Geometry {
    @Override
    public LabelledBox normalised(int category, ImageFile.Size image, boolean ignored) {
      return new LabelledBox(
          category,
          (xmin / 2 + xmax / 2) / image.width(),
          (ymin / 2 + ymax / 2) / image.height(),
          (xmax - xmin) / image.width(),
          (ymax - ymin) / image.height(),
          ignored);
    }

    @Override
    public String fault(ImageFile.Size image) {
      String width = "width %s (xmin %s, xmax %s)";
      String height = "height %s (ymin %s, ymax %s)";
      String sides =
          sides(
              xmax - xmin,
              width.formatted(show(xmax - xmin), show(xmin), show(xmax)),
              ymax - ymin,
              height.formatted(show(ymax - ymin), show(ymin), show(ymax)));
      return sides.isEmpty() ? centre(xmin / 2 + xmax / 2, ymin / 2 + ymax / 2, image) : sides;
    }
  }

  /** Left upper corner and size in pixels (COCO). */
  record CornerAndSize(double x, double y, double width, double height) implements Geometry {
    @Override
    public LabelledBox normalised(int category, ImageFile.Size image, boolean ignored) {
      return new LabelledBox(
          category,
          (x + width / 2) / image.width(),
          (y + height / 2) / image.height(),
          width / image.width(),
          height / image.height(),
          ignored);
    }

    @Override
    public String fault(ImageFile.Size image) {
      String sides = sides(width, "width " + show(width), height, "height " + show(height));
      return sides.isEmpty() ? centre(x + width / 2, y + height / 2, image) : sides;
    }
  }

  /** Centre and size as fractions of the image (YOLO). */
  record Fractions(double x, double y, double width, double height) implements Geometry {
    @Override
    public LabelledBox normalised(int category, ImageFile.Size image, boolean ignored) {
      return new LabelledBox(category, x, y, width, height, ignored);
    }

    @Override
    public String fault(ImageFile.Size image) {
      String sides = sides(width, "width " + show(width), height, "height " + show(height));
      if (!sides.isEmpty()) {
        return sides;
      }
      return x >= 0 && x <= 1 && y >= 0 && y <= 1
          ? ""
          : "centre (%s, %s) outside the image; must be 0 to 1".formatted(show(x), show(y));
    }
  }

  /** The box as fractions of the image; only for a geometry without fault. */
  LabelledBox normalised(int category, ImageFile.Size image, boolean ignored);

  /** Empty if the box can be used; a box that reaches past the border can. */
  String fault(ImageFile.Size image);

  /** A number as a person would write it: 10, not 10.0. */
  static String show(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static String sides(double width, String widthText, double height, String heightText) {
    if (isSide(width) && isSide(height)) {
      return "";
    }
    String bad =
        isSide(width) ? heightText : isSide(height) ? widthText : widthText + " and " + heightText;
    return bad + "; must be > 0";
  }

  /** The network computes in floats, so a side must be one. */
  private static boolean isSide(double length) {
    return length > 0 && Float.isFinite((float) length);
  }

  private static String centre(double x, double y, ImageFile.Size image) {
    return x >= 0 && x <= image.width() && y >= 0 && y <= image.height()
        ? ""
        : "centre (%s, %s) outside the %s image".formatted(show(x), show(y), image);
  }
}
