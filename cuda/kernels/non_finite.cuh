// The first NaN or infinity of a step, in the order layer, slot, attribute.
//
// One 64-bit number holds where it stands and which of the three it is, so that an integer minimum finds it whatever the order of threads:
// layer in bits 59..61, slot * attributes + attribute in bits 2..58, kind in bits 0 and 1.
#pragma once

#include <math.h>

#include "device.h"

namespace yololoss {

constexpr unsigned long long kAllFinite = ~0ull;

__device__ inline void note_non_finite(unsigned long long* first, int32_t layer, int64_t slot, int32_t attributes, int32_t attribute,
                                       double value) {
  if (isfinite(value)) return;
  const unsigned long long kind = isnan(value) ? 0 : value > 0 ? 1 : 2;
  const unsigned long long element = static_cast<unsigned long long>(slot * attributes + attribute);
  atomicMin(first, static_cast<unsigned long long>(layer) << 59 | element << 2 | kind);
}

__device__ inline double non_finite_value(unsigned long long element) {
  const int kind = static_cast<int>(element & 3);
  return kind == 0 ? static_cast<double>(NAN) : kind == 1 ? kInfinity : -kInfinity;
}

}  // namespace yololoss
