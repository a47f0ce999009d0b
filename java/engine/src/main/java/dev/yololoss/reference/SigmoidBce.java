package dev.yololoss.reference;

import dev.yololoss.spec.BceForm;

/**
 * Binary cross-entropy of a sigmoid.
 *
 * <p>From the logit: {@code bce(x, t; p) = (1 - t) x + (1 + (p - 1) t) softplus(-x)}, with x the
 * logit, t the target in 0..1, soft targets allowed, and p the weight of the positive part: {@code
 * BCEWithLogitsLoss} with {@code pos_weight} of PyTorch, per element. Of the probability: {@code
 * BCELoss} of PyTorch behind a sigmoid, with its clamps.
 */
final class SigmoidBce {
  private static final double LOWEST_LOG = -100;
  private static final double LEAST_VARIANCE = 1e-12;

  private SigmoidBce() {}

  static ValueAndSlope of(BceForm form, double logit, double target, double positiveWeight) {
    return switch (form) {
      case FROM_LOGITS -> fromLogit(logit, target, positiveWeight);
      case OF_PROBABILITY -> ofProbability(logit, target);
    };
  }

  /**
   * The linear part is written for each sign of x, since {@code (1 - t) x + softplus(-x)} cancels
   * for very negative x; and the factor {@code 1 + (p - 1) t} as {@code (1 - t) + p t}, since that
   * cancels for small p.
   */
  static ValueAndSlope fromLogit(double logit, double target, double positiveWeight) {
    double e = Math.exp(-Math.abs(logit));
    double logPart = Math.log1p(e);
    double tail = e / (1 + e);
    double positive = positiveWeight * target;
    double negative = 1 - target;
    double weight = negative + positive;
    if (logit >= 0) {
      return new ValueAndSlope(negative * logit + weight * logPart, negative - weight * tail);
    }
    return new ValueAndSlope(weight * logPart - positive * logit, weight * tail - positive);
  }

  private static ValueAndSlope ofProbability(double logit, double target) {
    double p = 1 / (1 + Math.exp(-logit));
    double value =
        (target - 1) * Math.max(Math.log1p(-p), LOWEST_LOG)
            - target * Math.max(Math.log(p), LOWEST_LOG);
    double variance = p * (1 - p);
    return new ValueAndSlope(value, (p - target) / Math.max(variance, LEAST_VARIANCE) * variance);
  }
}
