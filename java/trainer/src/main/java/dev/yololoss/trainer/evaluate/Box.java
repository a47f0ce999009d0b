package dev.yololoss.trainer.evaluate;

/** An axis-aligned box in pixels; x grows to the right and y downwards. */
sealed interface Box permits Detection, TruthBox {
  double left();

  double top();

  double right();

  double bottom();

  /** Whether all four edges are numbers: neither NaN nor infinite. */
  default boolean hasFiniteEdges() {
    return Double.isFinite(left())
        && Double.isFinite(top())
        && Double.isFinite(right())
        && Double.isFinite(bottom());
  }

  /** Square pixels, {@code (right - left) * (bottom - top)}; 0 for a box turned inside out. */
  default double area() {
    return Math.max(0, right() - left()) * Math.max(0, bottom() - top());
  }

  /** Intersection over union, 0 to 1; 0 when the union has no area or an edge is NaN. */
  default double iou(Box other) {
    double width = Math.min(right(), other.right()) - Math.max(left(), other.left());
    double height = Math.min(bottom(), other.bottom()) - Math.max(top(), other.top());
    double intersection = Math.max(0, width) * Math.max(0, height);
    double union = area() + other.area() - intersection;
    return union > 0 ? intersection / union : 0;
  }
}
