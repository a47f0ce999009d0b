package dev.yololoss.trainer.evaluate;

import java.util.List;

/** Precision over recall of one class at one IoU threshold, and the ways to average it. */
final class PrecisionRecall {
  private final int truths;
  private final int[] hits;
  private final double[] envelope;

  /**
   * @param ranked the class's detections of all images, surest first
   * @param threshold index into {@link IoUThresholds}
   * @param truths how many truths there are to find; at least 1
   */
  PrecisionRecall(List<MatchedDetection> ranked, int threshold, int truths) {
    this.truths = truths;
    List<MatchedDetection> counted = ranked.stream().filter(d -> !d.isIgnored(threshold)).toList();
    this.hits = new int[counted.size()];
    this.envelope = new double[counted.size()];
    int found = 0;
    for (int i = 0; i < hits.length; i++) {
      found += counted.get(i).isHit(threshold) ? 1 : 0;
      hits[i] = found;
      envelope[i] = (double) found / (i + 1);
    }
    // The best precision at this recall or any higher one: the zigzag becomes a staircase.
    for (int i = hits.length - 2; i >= 0; i--) {
      envelope[i] = Math.max(envelope[i], envelope[i + 1]);
    }
  }

  /**
   * The mean of the envelope at evenly spaced recalls, 0 and 1 included; a recall never reached
   * counts 0.
   *
   * @param points 101 for COCO, 11 for VOC 2007
   */
  double interpolated(int points) {
    long steps = points - 1;
    double sum = 0;
    int i = 0;
    for (int k = 0; k < points; k++) {
      // hits / truths >= k / steps in whole numbers: rounding must not lose a recall just reached.
      while (i < hits.length && hits[i] * steps < (long) k * truths) {
        i++;
      }
      sum += i < hits.length ? envelope[i] : 0;
    }
    return sum / points;
  }

  /** The area below the envelope (VOC 2010 and later). */
  double area() {
    double sum = 0;
    int before = 0;
    for (int i = 0; i < hits.length; i++) {
      sum += (hits[i] - before) * envelope[i];
      before = hits[i];
    }
    return sum / truths;
  }
}
