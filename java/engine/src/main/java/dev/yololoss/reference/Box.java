package dev.yololoss.reference;

/** A box by its centre and sides, in any one unit. */
record Box(double x, double y, double width, double height) {
  double left() {
    return x - width / 2;
  }

  double right() {
    return x + width / 2;
  }

  double top() {
    return y - height / 2;
  }

  double bottom() {
    return y + height / 2;
  }

  Box movedBy(double dx, double dy) {
    return new Box(x + dx, y + dy, width, height);
  }

  /** The same shape around the origin. */
  Box shape() {
    return new Box(0, 0, width, height);
  }
}
