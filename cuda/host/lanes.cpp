#include "lanes.h"

namespace yololoss {

extern const Lanes baseline;

const Lanes& baseline_lanes() { return baseline; }

#ifdef YL_HAS_AVX2
extern const Lanes avx2;

const Lanes* avx2_lanes() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2 : nullptr; }
#else
const Lanes* avx2_lanes() { return nullptr; }
#endif

}  // namespace yololoss
