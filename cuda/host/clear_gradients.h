// Zeros for the gradient: whole buffers of the caller, or only last step's matches of a buffer that the engine keeps.
#pragma once

#include "step_state.h"

namespace yololoss {

// Sets every element of one image's plane of one anchor to 0, with streaming stores where it lies in one piece.
void clear_plane(const Layer& layer, int32_t attributes, int32_t image, int32_t anchor);

// Sets the box and classes of at most kRows slots to 0. Their objectness is the dense pass's.
void clear_slots(const Layer& layer, int32_t attributes, const int32_t* slots, int count);

}  // namespace yololoss
