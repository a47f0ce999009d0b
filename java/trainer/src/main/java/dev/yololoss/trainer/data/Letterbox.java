package dev.yololoss.trainer.data;

/**
 * How an image of any shape is fitted into the square the network sees: scaled, up or down, until
 * its longer side fills the square, and centred on grey.
 *
 * <p>Pixel coordinates are edges: 0 is the left edge of the first pixel, {@code imageWidth} the
 * right edge of the last one. Rounding to whole pixels makes the two axes scale a little
 * differently; the mapping takes that into account, so it loses nothing on the way back.
 *
 * @param imageWidth of the original image, in pixels
 * @param imageHeight of the original image, in pixels
 * @param size side of the square, in pixels
 */
public record Letterbox(int imageWidth, int imageHeight, int size) {
  /**
   * @throws IllegalArgumentException if a side is below 1
   */
  public Letterbox {
    if (imageWidth < 1 || imageHeight < 1 || size < 1) {
      throw new IllegalArgumentException(
          "%d x %d image into a square of %d; all must be at least 1"
              .formatted(imageWidth, imageHeight, size));
    }
  }

  /** Width of the image in the square, in pixels: 1 to {@code size}. */
  public int scaledWidth() {
    return scaled(imageWidth);
  }

  /** Height of the image in the square, in pixels: 1 to {@code size}. */
  public int scaledHeight() {
    return scaled(imageHeight);
  }

  private int scaled(int side) {
    return Math.max(1, (int) Math.round((double) side * size / Math.max(imageWidth, imageHeight)));
  }

  /** Grey pixels left of the image. */
  public int left() {
    return (size - scaledWidth()) / 2;
  }

  /** Grey pixels above the image. */
  public int top() {
    return (size - scaledHeight()) / 2;
  }

  /** From a pixel of the image to one of the square. */
  public double toNetworkX(double imageX) {
    return left() + imageX * scaledWidth() / imageWidth;
  }

  /** From a pixel of the image to one of the square. */
  public double toNetworkY(double imageY) {
    return top() + imageY * scaledHeight() / imageHeight;
  }

  /** From a pixel of the square to one of the image; outside the image for a grey one. */
  public double toImageX(double networkX) {
    return (networkX - left()) * imageWidth / scaledWidth();
  }

  /** From a pixel of the square to one of the image; outside the image for a grey one. */
  public double toImageY(double networkY) {
    return (networkY - top()) * imageHeight / scaledHeight();
  }

  /** From fractions of the image to fractions of the square. */
  public LabelledBox toNetwork(LabelledBox box) {
    return placement().toNetwork(box);
  }

  /** From fractions of the square to fractions of the image. */
  public LabelledBox toImage(LabelledBox box) {
    return new LabelledBox(
        box.category(),
        (box.centreX() * size - left()) / scaledWidth(),
        (box.centreY() * size - top()) / scaledHeight(),
        box.width() * size / scaledWidth(),
        box.height() * size / scaledHeight(),
        box.ignored());
  }

  Placement placement() {
    return Placement.of(size, left(), top(), scaledWidth(), scaledHeight());
  }
}
