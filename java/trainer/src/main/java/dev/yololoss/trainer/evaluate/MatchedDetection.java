package dev.yololoss.trainer.evaluate;

/**
 * A detection after matching: per IoU threshold a hit, ignored, or (neither bit) a false alarm.
 *
 * @param hits bit t set: a true positive at threshold t of {@link IoUThresholds}
 * @param ignored bit t set: counts neither for nor against at threshold t
 */
record MatchedDetection(double score, int hits, int ignored) {
  boolean isHit(int threshold) {
    return (hits >> threshold & 1) == 1;
  }

  boolean isIgnored(int threshold) {
    return (ignored >> threshold & 1) == 1;
  }
}
