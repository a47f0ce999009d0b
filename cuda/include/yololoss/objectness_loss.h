// What one slot pays for its objectness before weights and reduction (ObjectnessTerm.Kind in Java).
#pragma once

#include "sigmoid_bce.h"

namespace yololoss {

// rarity: the positive weight of BCE_WEIGHTED_BY_RARITY.
YL_HOST_DEVICE ValueAndSlope<double> objectness_loss(const LossDescription& loss, double logit, double asked, double rarity) {
  switch (loss.objectness_kind) {
    case ObjectnessKind::kSquaredError:
    case ObjectnessKind::kSquaredWeightedError: {
      const double error = sigmoid(logit) - asked;
      return {error * error, 2 * error * sigmoid_slope(logit)};
    }
    case ObjectnessKind::kBceWeightedByRarity:
      return bce(loss.bce, logit, asked, rarity);
    default:
      return focal_bce(loss.bce, logit, asked, loss.objectness_positive_weight, loss.focal_gamma);
  }
}

}  // namespace yololoss
