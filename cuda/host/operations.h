// The operations that need no loss.
#pragma once

#include "yololoss/step.h"

namespace yololoss {

// Overlap and derivative of n pairs of boxes. a, b, gradient: [n, 4]; value: [n]; gradient.data may be null.
void overlap_pairs(Overlap kind, OverlapConvention convention, int64_t n, Elements a, Elements b, Elements value, Elements gradient);

// Sigmoid-BCE of n logits; gradient.data may be null.
void sigmoid_bce_elements(int64_t n, double positive_weight, double gradient_scale, Elements logits, Elements targets, Elements value,
                          Elements gradient);

}  // namespace yololoss
