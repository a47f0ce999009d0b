// yolov5's autobalance: each layer's objectness factor follows the inverse of its mean loss.
#pragma once

#include "grid.h"
#include "loss_description.h"
#include "step.h"

namespace yololoss {

// slots: of each layer. next starts as a copy of the balance before.
YL_HOST_DEVICE void next_balance(const LossDescription& loss, const RawSums* raw_sums, const double* slots, double* next) {
  const double keep = 0.9999, take = 0.0001;
  if (!loss.autobalance) return;
  double reference = 1;
  for (int32_t l = 0; l < loss.head_count; ++l) {
    const double mean = (raw_sums[l].objectness_on_matches + raw_sums[l].objectness_elsewhere) / slots[l];
    if (mean > 0) next[l] = next[l] * keep + take / mean;  // without any loss there is no inverse
    if (loss.heads[l].stride == loss.balance_stride) reference = next[l];
  }
  for (int32_t i = 0; i < loss.balance_count; ++i) next[i] /= reference;
}

}  // namespace yololoss
