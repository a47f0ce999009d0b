package dev.yololoss.trainer.evaluate;

/**
 * One box that a detector found.
 *
 * <p>Edges are pixels, of the original picture or of the network's input: any one frame, as long as
 * everything compared is in the same one. An edge is a coordinate, not the index of a last pixel,
 * so the width is {@code right - left}. Edges and score may be NaN or infinite, because a diverging
 * network produces such: {@link NonMaxSuppression} drops and counts them.
 *
 * @param category class index, from 0
 * @param score confidence; higher is surer, usually 0 to 1
 */
public record Detection(
    int category, double score, double left, double top, double right, double bottom)
    implements Box {
  /**
   * @throws IllegalArgumentException if the category is negative
   */
  public Detection {
    if (category < 0) {
      throw new IllegalArgumentException("category " + category + ": must be 0 or more");
    }
  }

  /** Whether the score and all four edges are numbers: neither NaN nor infinite. */
  public boolean isFinite() {
    return Double.isFinite(score) && hasFiniteEdges();
  }
}
