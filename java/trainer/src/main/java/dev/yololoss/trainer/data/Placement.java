package dev.yololoss.trainer.data;

/**
 * Where an image lies on the square the network sees; parts may lie outside.
 *
 * @param size side of the square, in pixels
 * @param left edge of the image on the square, in pixels
 * @param top edge of the image on the square, in pixels
 * @param width of the image on the square, in pixels
 * @param height of the image on the square, in pixels
 */
record Placement(int size, double left, double top, double width, double height, Mirror mirror) {

  /** From fractions of the image to fractions of the square. */
  LabelledBox toNetwork(LabelledBox box) {
    double centreX = mirror == Mirror.LEFT_RIGHT ? 1 - box.centreX() : box.centreX();
    return new LabelledBox(
        box.category(),
        (left + centreX * width) / size,
        (top + box.centreY() * height) / size,
        box.width() * width / size,
        box.height() * height / size,
        box.ignored());
  }

  /** The image made larger about the centre of the square and then moved, in pixels. */
  Placement scaledAndMoved(double scale, double moveX, double moveY) {
    double middle = size / 2.0;
    return new Placement(
        size,
        middle + (left - middle) * scale + moveX,
        middle + (top - middle) * scale + moveY,
        width * scale,
        height * scale,
        mirror);
  }

  Placement mirrored() {
    Mirror other = mirror == Mirror.NONE ? Mirror.LEFT_RIGHT : Mirror.NONE;
    return new Placement(size, size - left - width, top, width, height, other);
  }
}
