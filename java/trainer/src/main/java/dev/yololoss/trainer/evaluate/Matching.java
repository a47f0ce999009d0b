package dev.yololoss.trainer.evaluate;

import java.util.ArrayList;
import java.util.List;

/** The detections of one image and class matched to its truths, at all thresholds. */
final class Matching {
  private final List<Detection> detections;
  private final List<TruthBox> truths;
  private final double[][] overlaps;

  /**
   * @param detections surest first
   */
  Matching(List<Detection> detections, List<TruthBox> truths) {
    this.detections = detections;
    this.truths = truths;
    this.overlaps =
        detections.stream()
            .map(d -> truths.stream().mapToDouble(d::iou).toArray())
            .toArray(double[][]::new);
  }

  List<MatchedDetection> atAllThresholds() {
    int[] hits = new int[detections.size()];
    int[] ignored = new int[detections.size()];
    for (int threshold = 0; threshold < IoUThresholds.COUNT; threshold++) {
      boolean[] taken = new boolean[truths.size()];
      for (int d = 0; d < hits.length; d++) {
        int truth = bestFreeTruth(d, IoUThresholds.at(threshold), taken);
        if (truth >= 0) {
          taken[truth] = true;
          hits[d] |= 1 << threshold;
        } else if (touchesIgnored(d, IoUThresholds.at(threshold))) {
          ignored[d] |= 1 << threshold;
        }
      }
    }
    List<MatchedDetection> matched = new ArrayList<>();
    for (int d = 0; d < hits.length; d++) {
      matched.add(new MatchedDetection(detections.get(d).score(), hits[d], ignored[d]));
    }
    return matched;
  }

  /** The counted truth not yet taken with the highest IoU at or above the threshold, else -1. */
  private int bestFreeTruth(int detection, double threshold, boolean[] taken) {
    int best = -1;
    double bestOverlap = threshold;
    for (int t = 0; t < taken.length; t++) {
      // At equal IoU the later truth wins, as in COCO's reference evaluation.
      if (!taken[t] && !truths.get(t).ignored() && overlaps[detection][t] >= bestOverlap) {
        best = t;
        bestOverlap = overlaps[detection][t];
      }
    }
    return best;
  }

  private boolean touchesIgnored(int detection, double threshold) {
    for (int t = 0; t < truths.size(); t++) {
      if (truths.get(t).ignored() && overlaps[detection][t] >= threshold) {
        return true;
      }
    }
    return false;
  }
}
