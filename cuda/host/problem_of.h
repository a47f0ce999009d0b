// What is wrong with what a caller hands over, in words, or null. Java checks most of it before; other callers need not.
#pragma once

#include "yololoss/step.h"

namespace yololoss {

// A loss: every count that an array of it is walked by, and every choice.
const char* problem_of(const LossDescription& loss);

// A step of a sound loss.
const char* problem_of(const LossDescription& loss, const StepRequest& request, const Target* targets, const void* const* predictions,
                       void* const* gradients);

// n elements, or none if they are optional.
const char* problem_of(const Elements& elements, int64_t n, bool optional);

const char* problem_of(Overlap kind, OverlapConvention convention);

}  // namespace yololoss
