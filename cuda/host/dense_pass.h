// The dense pass: objectness of every slot that no target matched, and its gradient. One plane is an image's cells of one anchor.
//
// Reads 1 and writes 1 of a cell's 5 + classes values. Sums go plane by plane in a fixed order.
#pragma once

#include "step_state.h"

namespace yololoss {

void dense_plane(StepState& state, Layer& layer, int32_t image, int32_t anchor, Scratch& scratch);

}  // namespace yololoss
