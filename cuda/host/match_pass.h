// The match pass: box, objectness and classes of every matched slot, and its gradient, a few slots at a time.
//
// Boxes and everything that decides are computed in double, class terms in float. A slot is one thread's, so nothing is atomic and its
// bits do not depend on the number of threads. Reads and writes all 5 + classes values of a slot.
#pragma once

#include "step_state.h"

namespace yololoss {

// The slots at begin..end-1 of layer.slots, a few of which are read, computed and written at once.
void match_slots(StepState& state, Layer& layer, int32_t begin, int32_t end, Scratch& scratch);

// Plain IoU of a positive's predicted box and target.
double match_iou(const StepState& state, const Layer& layer, const Positive& positive);

}  // namespace yololoss
