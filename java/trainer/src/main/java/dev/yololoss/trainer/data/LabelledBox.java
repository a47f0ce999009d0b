package dev.yololoss.trainer.data;

/**
 * One labelled object. All lengths are fractions of the picture the box belongs to: the original
 * image in a {@link LabelledImage}, the square letterboxed network input in a {@link Batch}.
 *
 * @param category index into {@link DetectionDataSet#classes()}
 * @param centreX 0 at the left edge, 1 at the right edge
 * @param centreY 0 at the top edge, 1 at the bottom edge
 * @param width above 0; the box may reach past the edges of the picture
 * @param height above 0
 * @param ignored VOC {@code difficult} or COCO {@code iscrowd}: left out of training; in evaluation
 *     neither a hit nor a miss
 */
public record LabelledBox(
    int category, double centreX, double centreY, double width, double height, boolean ignored) {

  /**
   * @throws IllegalArgumentException for a negative category, a side that is not above 0, or a
   *     number that is not finite
   */
  public LabelledBox {
    if (category < 0) {
      throw new IllegalArgumentException("category " + category + "; must be at least 0");
    }
    if (!(width > 0 && height > 0)
        || !Double.isFinite(centreX + centreY)
        || !Double.isFinite(width + height)) {
      throw new IllegalArgumentException(
          "box centre (%s, %s), size %s x %s; must be finite, sides above 0"
              .formatted(centreX, centreY, width, height));
    }
  }

  /** The box with the given edges, as fractions of the picture. */
  public static LabelledBox ofEdges(
      int category, double left, double top, double right, double bottom, boolean ignored) {
    return new LabelledBox(
        category, (left + right) / 2, (top + bottom) / 2, right - left, bottom - top, ignored);
  }

  public double left() {
    return centreX - width / 2;
  }

  public double top() {
    return centreY - height / 2;
  }

  public double right() {
    return centreX + width / 2;
  }

  public double bottom() {
    return centreY + height / 2;
  }
}
