// The match pass: box, objectness and classes of every matched slot, and its gradient, slot by slot.
//
// Boxes and everything that decides are computed in double, class terms in float. A slot is one thread's, so nothing is atomic and its
// bits do not depend on the number of threads. Reads and writes all 5 + classes values of a slot.
#pragma once

#include "step_state.h"

namespace yololoss {

// The slot at an index of layer.slots.
void match_slot(StepState& state, Layer& layer, int32_t index, Scratch& scratch);

// Plain IoU of a positive's predicted box and target.
double match_iou(const StepState& state, const Layer& layer, const Positive& positive);

}  // namespace yololoss
