package dev.yololoss.reference;

import dev.yololoss.spec.BceForm;

/**
 * A BCE with the focal factor of Lin et al. 2017 around it: {@code (0.25 t + 0.75 (1 - t)) bce (1 -
 * p_t)^gamma} with {@code 1 - p_t = t (1 - p) + (1 - t) p}, p the sigmoid; the derivative goes
 * through both factors. Soft targets allowed. Gamma 0 means no focal factor at all.
 */
final class FocalBce {
  private static final double ALPHA = 0.25;

  private FocalBce() {}

  static ValueAndSlope of(
      BceForm form, double logit, double target, double positiveWeight, double gamma) {
    ValueAndSlope bce = SigmoidBce.of(form, logit, target, positiveWeight);
    if (gamma == 0) {
      return bce;
    }
    double p = Sigmoid.of(logit);
    double q = Sigmoid.of(-logit);
    double miss = target * q + (1 - target) * p;
    double missSlope = (1 - 2 * target) * Sigmoid.slope(logit);
    double alpha = ALPHA * target + (1 - ALPHA) * (1 - target);
    double factor = Math.pow(miss, gamma);
    // the quotient first: miss^(gamma - 1) alone overflows for the smallest misses
    double factorSlope = miss > 0 ? gamma * factor * (missSlope / miss) : 0;
    return new ValueAndSlope(
        alpha * bce.value() * factor, alpha * (bce.slope() * factor + bce.value() * factorSlope));
  }
}
