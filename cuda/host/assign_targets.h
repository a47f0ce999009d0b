// Who is responsible for each target.
#pragma once

#include "step_state.h"

namespace yololoss {

// Fills the positives of one layer in the order in which the originals write them, and chains them by slot. Not for BEST_PREDICTION.
void assign_layer(StepState& state, Layer& layer);

// BEST_PREDICTION looks at all layers for each target.
void assign_best_prediction(StepState& state);

// Forgets the last step's matches.
void clear_assignment(Layer& layer);

}  // namespace yololoss
