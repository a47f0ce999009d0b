// The factor of each raw term of one layer in the total (Reduction.Kind in Java). Known before any term, since counts come from the
// assignment.
#pragma once

#include "loss_description.h"

namespace yololoss {

struct LayerFactors {
  double xy, wh, overlap, objectness_on_matches, objectness_elsewhere, classification;
};

// rows: matches of each layer; slots: slots of this layer; balance: this layer's objectness factor.
YL_HOST_DEVICE LayerFactors layer_factors(const LossDescription& loss, int32_t layer, const int32_t* rows, double images, double slots,
                                          double balance) {
  const bool squared = loss.objectness_kind == ObjectnessKind::kSquaredWeightedError;
  const double on_matches = loss.objectness_weight * (squared ? loss.match_weight * loss.match_weight : loss.match_weight);
  const double elsewhere = loss.objectness_weight * (squared ? loss.elsewhere_weight * loss.elsewhere_weight : loss.elsewhere_weight);
  const bool halves_size = loss.box_kind == BoxKind::kBceAndSquaredErrorExp || loss.box_kind == BoxKind::kBceAndSquaredErrorLog;
  const double box = loss.box_weight, size = halves_size ? 0.5 * box : box, classes = loss.class_weight;
  const double n = rows[layer];
  switch (loss.reduction) {
    case ReductionKind::kSum:
      return {box, size, box, on_matches, elsewhere, classes};
    case ReductionKind::kSumOverBatch:
      return {box / images, size / images, box / images, on_matches / images, elsewhere / images, classes / images};
    case ReductionKind::kHalvedSumOverBatch:
      return {box / 2 / images, box / 2 / images, box / 2 / images, on_matches / 2 / images, elsewhere / 2 / images, classes / images};
    case ReductionKind::kRunningLayerMeans: {
      // loss_xy and loss_wh run on over the layers and are added whole at each layer that has matches
      double times = 0;
      for (int32_t later = layer; later < loss.head_count; ++later) times += rows[later] > 0 ? 1 : 0;
      return {times * box / (2 * n), times * box / (2 * n) / 10, box / n,
              on_matches / slots,    elsewhere / slots,          classes / (n * loss.classes)};
    }
    case ReductionKind::kLayerMeansTimesBatch: {
      const double mean = images * balance / slots;
      const double per_row = loss.class_kind == ClassKind::kBce ? 1 / (n * loss.classes) : 1 / n;
      return {0, 0, images * box / n, mean * on_matches, mean * elsewhere, loss.classes > 1 ? images * classes * per_row : 0};
    }
  }
  return {};  // unreachable: every kind has returned
}

}  // namespace yololoss
