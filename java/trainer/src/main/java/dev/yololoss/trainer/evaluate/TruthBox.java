package dev.yololoss.trainer.evaluate;

/**
 * One box that is really there, in the same frame as the detections it is compared with.
 *
 * @param category class index, from 0
 * @param ignored a box that need not be found and may be (a crowd, or marked difficult)
 */
public record TruthBox(
    int category, double left, double top, double right, double bottom, boolean ignored)
    implements Box {
  /**
   * @throws IllegalArgumentException if the category is negative, an edge is NaN or infinite, or
   *     the box is turned inside out
   */
  public TruthBox {
    if (category < 0) {
      throw new IllegalArgumentException("category " + category + ": must be 0 or more");
    }
    boolean finite =
        Double.isFinite(left)
            && Double.isFinite(top)
            && Double.isFinite(right)
            && Double.isFinite(bottom);
    if (!finite || right < left || bottom < top) {
      throw new IllegalArgumentException(
          "no such truth box: left %s, top %s, right %s, bottom %s"
              .formatted(left, top, right, bottom));
    }
  }
}
