package dev.yololoss.reference;

import dev.yololoss.spec.ClassTerm;
import dev.yololoss.spec.LossSpec;

/**
 * darknet's class deltas for one target ({@code delta_yolo_class}, commit 59596d7).
 *
 * <p>The first target of a slot writes all classes; a later one finds a delta other than 0 at its
 * class and writes only that. A probability of exactly 0 or 1 leaves a delta of 0, which is then
 * taken for one that was never written.
 */
final class DarknetClassRule {
  /** The C constant 1e-15F of the focal part. */
  private static final double FOCAL_EPS = 1e-15f;

  private DarknetClassRule() {}

  /**
   * Writes into the deltas of a slot's classes.
   *
   * @param delta {@code [classes]}
   * @param probability {@code [classes]}
   */
  static void write(LossSpec spec, double[] delta, double[] probability, int category) {
    double eps = spec.classification().labelSmoothing();
    if (delta[category] != 0) {
      delta[category] = smoothed(1, eps) - probability[category];
      return;
    }
    if (spec.classification().kind() == ClassTerm.Kind.FOCAL_DELTA) {
      double pt = probability[category] + FOCAL_EPS;
      double focal = -(1 - pt) * (2 * pt * Math.log(pt) + pt - 1);
      for (int c = 0; c < delta.length; c++) {
        delta[c] = ((c == category ? 1 : 0) - probability[c]) * 0.5 * focal;
      }
      return;
    }
    for (int c = 0; c < delta.length; c++) {
      delta[c] = smoothed(c == category ? 1 : 0, eps) - probability[c];
    }
  }

  private static double smoothed(double y, double eps) {
    return y * (1 - eps) + 0.5 * eps;
  }
}
