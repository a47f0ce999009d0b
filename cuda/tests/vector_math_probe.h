// exp and log1p themselves, which lanes.h offers only inside other functions.
#pragma once

namespace yololoss {

struct VectorMathProbe {
  void (*exp)(const float* x, int n, float* out);
  void (*log1p)(const float* x, int n, float* out);
};

extern const VectorMathProbe probe_baseline;
extern const VectorMathProbe probe_avx2;  // where the build has AVX2

}  // namespace yololoss
