package dev.yololoss.trainer.data;

/**
 * A shape in an image; lengths in pixels, the angle in radians.
 *
 * @param rgb 0xRRGGBB
 */
record PlacedShape(
    ShapeKind kind,
    double centreX,
    double centreY,
    double halfWidth,
    double halfHeight,
    double angle,
    int rgb) {

  // StrictMath, so that every machine draws the same picture.
  private double cosine() {
    return StrictMath.cos(angle);
  }

  private double sine() {
    return StrictMath.sin(angle);
  }

  double left() {
    return centreX - kind.reach(-halfWidth * cosine(), halfHeight * sine());
  }

  double right() {
    return centreX + kind.reach(halfWidth * cosine(), -halfHeight * sine());
  }

  double top() {
    return centreY - kind.reach(-halfWidth * sine(), -halfHeight * cosine());
  }

  double bottom() {
    return centreY + kind.reach(halfWidth * sine(), halfHeight * cosine());
  }

  PlacedShape movedTo(double x, double y) {
    return new PlacedShape(kind, x, y, halfWidth, halfHeight, angle, rgb);
  }

  /** The share of the smaller of the two boxes that lies in the other, 0 to 1. */
  double overlap(PlacedShape other) {
    double width = Math.min(right(), other.right()) - Math.max(left(), other.left());
    double height = Math.min(bottom(), other.bottom()) - Math.max(top(), other.top());
    return Math.max(0, width) * Math.max(0, height) / Math.min(boxArea(), other.boxArea());
  }

  private double boxArea() {
    return (right() - left()) * (bottom() - top());
  }

  /** The tight box around the whole shape, even where another one covers it. */
  LabelledBox box(int width, int height) {
    return LabelledBox.ofEdges(
        kind.ordinal(), left() / width, top() / height, right() / width, bottom() / height, false);
  }

  void draw(Canvas canvas) {
    double cosine = cosine();
    double sine = sine();
    canvas.fill(
        left(),
        top(),
        right(),
        bottom(),
        rgb,
        (x, y) -> {
          double dx = x - centreX;
          double dy = y - centreY;
          return kind.contains(
              (dx * cosine + dy * sine) / halfWidth, (dy * cosine - dx * sine) / halfHeight);
        });
  }
}
