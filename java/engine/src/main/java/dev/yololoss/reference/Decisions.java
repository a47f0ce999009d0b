package dev.yololoss.reference;

import java.util.List;

/**
 * Everything of a step that has no gradient.
 *
 * @param positives who is responsible, in the originals' order
 * @param alphas CIoU's alpha of each positive, NaN where the box term has none
 * @param layers the same of each head
 * @param rarity the positive weight of {@code BCE_WEIGHTED_BY_RARITY}, 1 for other objectness terms
 */
record Decisions(List<Positive> positives, double[] alphas, List<Layer> layers, double rarity) {
  /**
   * One head's decisions.
   *
   * @param slots the positives by slot
   * @param ignored slots whose objectness does not count, none of them matched
   * @param skipped images that add nothing at all
   * @param objectness the objectness that each matched slot should have; 0 elsewhere
   */
  record Layer(Slots slots, boolean[] ignored, boolean[] skipped, double[] objectness) {}

  /** The rows of one layer. */
  int rows(int layer) {
    return (int) positives.stream().filter(p -> p.layer() == layer).count();
  }
}
