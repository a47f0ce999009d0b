package dev.yololoss.reference;

import dev.yololoss.RawSums;
import dev.yololoss.spec.LossSpec;
import java.util.List;

/**
 * yolov5's {@code autobalance}: each head's factor moves slowly towards the inverse of its
 * unweighted objectness loss, and all are divided by the factor of the head of {@code
 * balanceStride}. A head without any objectness loss, of which there is no inverse, keeps its
 * factor.
 */
final class Autobalance {
  private static final double KEEP = 0.9999;
  private static final double TAKE = 0.0001;

  private Autobalance() {}

  static double[] next(LossSpec spec, List<Grid> grids, List<RawSums> sums, double[] balance) {
    double[] next = balance.clone();
    if (!spec.reduction().autobalance()) {
      return next;
    }
    double reference = Double.NaN;
    for (int layer = 0; layer < grids.size(); layer++) {
      double mean =
          (sums.get(layer).objectnessOnMatches() + sums.get(layer).objectnessElsewhere())
              / grids.get(layer).slots();
      if (mean > 0) {
        next[layer] = next[layer] * KEEP + TAKE / mean;
      }
      if (grids.get(layer).stride() == spec.reduction().balanceStride()) {
        reference = next[layer];
      }
    }
    for (int i = 0; i < next.length; i++) {
      next[i] /= reference;
    }
    return next;
  }
}
