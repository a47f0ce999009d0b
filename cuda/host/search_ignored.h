// The ignore rule: which slots' predicted boxes overlap a target of their image by more than the threshold.
//
// Costs the cells inside each target's reach, not cells times targets: IoU > t bounds how far the centres can be apart (reach_of). A
// float IoU sorts out what is clearly below or above; what is near the threshold is decided in double by the quotient I / U.
#pragma once

#include "step_state.h"

namespace yololoss {

// Finds the candidates of one image in one layer and marks its ignored and special slots. Reads all of its box outputs.
void search_image(StepState& state, Layer& layer, int32_t image, Scratch& scratch);

// Forgets what the last step marked.
void clear_marks(Layer& layer, int32_t plane);

// The largest IoU of a slot's predicted box with its image's targets, and the first target that has it (-1 for none).
double best_iou(const StepState& state, const Layer& layer, int32_t slot, const Box& predicted, int32_t* best_target);

}  // namespace yololoss
