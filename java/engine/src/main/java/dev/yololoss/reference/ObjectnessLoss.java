package dev.yololoss.reference;

import dev.yololoss.spec.LossSpec;

/**
 * What one slot pays for its objectness before weights and reduction: see {@link
 * dev.yololoss.spec.ObjectnessTerm.Kind}.
 */
final class ObjectnessLoss {
  private ObjectnessLoss() {}

  static ValueAndSlope of(LossSpec spec, double logit, double asked, double rarity) {
    return switch (spec.objectness().kind()) {
      case SQUARED_ERROR, SQUARED_WEIGHTED_ERROR -> {
        double error = Sigmoid.of(logit) - asked;
        yield new ValueAndSlope(error * error, 2 * error * Sigmoid.slope(logit));
      }
      case BCE ->
          FocalBce.of(
              spec.bce(), logit, asked, spec.objectness().positiveWeight(), spec.focalGamma());
      case BCE_WEIGHTED_BY_RARITY -> SigmoidBce.of(spec.bce(), logit, asked, rarity);
      case DELTA -> throw new IllegalStateException("deltas are no loss: see DarknetDeltas");
    };
  }
}
