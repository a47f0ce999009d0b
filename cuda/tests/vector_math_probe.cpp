#include "vector_math_probe.h"

#include "vector_math.h"

namespace yololoss {
namespace {

void exp_run(const float* __restrict x, int n, float* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] = fast_exp(x[i]);
}

void log1p_run(const float* __restrict x, int n, float* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] = fast_log1p(x[i]);
}

}  // namespace

#define YL_JOIN_(a, b) a##b
#define YL_JOIN(a, b) YL_JOIN_(a, b)
extern const VectorMathProbe YL_JOIN(probe_, YL_LANES);
const VectorMathProbe YL_JOIN(probe_, YL_LANES) = {exp_run, log1p_run};

}  // namespace yololoss
