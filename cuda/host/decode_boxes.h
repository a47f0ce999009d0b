// Raw outputs to boxes in pixels, objectness and class probabilities, in double.
#pragma once

#include "step_state.h"

namespace yololoss {

// Where a layer's boxes go: out is [images, boxes of an image over all layers, 5 + classes].
struct DecodedPlace {
  double* out;
  int64_t boxes, first;  // of an image: all, and before this layer's
};

// Decodes cells begin..end-1 of one image's plane of one anchor.
void decode_cells(const StepState& state, const Layer& layer, int32_t plane, int32_t begin, int32_t end, const DecodedPlace& place,
                  Scratch& scratch);

}  // namespace yololoss
