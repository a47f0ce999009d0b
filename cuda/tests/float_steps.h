// Floats to try: the edges, and every n-th bit pattern of both signs, which visits each exponent equally often. n is the prime below times
// what a test asks for, or YOLOLOSS_FLOAT_STEP of the environment: 1 tries every float there is, which takes from minutes to hours.
#pragma once

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <vector>

namespace yololoss {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint32_t kFloatStep = 9973;  // sanitizers look for other faults and are slow
#else
constexpr uint32_t kFloatStep = 97;
#endif

inline uint32_t float_step(uint32_t times = 1) {
  static const char* const asked = getenv("YOLOLOSS_FLOAT_STEP");
  const uint32_t step = asked ? static_cast<uint32_t>(strtoul(asked, nullptr, 10)) : times * kFloatStep;
  return std::max(step, 1u);
}

inline float float_from(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

inline uint32_t bits_from(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline std::vector<float> edge_floats() {
  std::vector<float> edges;
  for (const float x : {0.0f,        FLT_TRUE_MIN, 3 * FLT_TRUE_MIN,
                        FLT_MIN / 2, FLT_MIN,      1e-10f,
                        0.5f,        1.0f,         2.0f,
                        15.9f,       16.0f,        17.0f,
                        86.9f,       87.3f,        87.4f,
                        88.0f,       88.7f,        88.722839f,
                        88.72284f,   89.0f,        103.0f,
                        103.9f,      103.97f,      104.0f,
                        104.1f,      150.0f,       1e10f,
                        FLT_MAX,     HUGE_VALF,    NAN}) {
    for (const float y : {nextafterf(x, 0.0f), x, nextafterf(x, HUGE_VALF)}) {
      edges.push_back(y);
      edges.push_back(-y);
    }
  }
  return edges;
}

// Calls run(values, n) with runs that no vector width divides.
template <typename Run>
void for_float_runs(uint32_t first_bits, uint32_t last_bits, const Run& run, uint32_t step = float_step()) {
  constexpr int kRun = 1021;
  std::vector<float> values;
  values.reserve(kRun);
  const auto flush = [&] {
    if (!values.empty()) run(values.data(), static_cast<int>(values.size()));
    values.clear();
  };
  for (uint64_t bits = first_bits; bits <= last_bits; bits += step) {
    values.push_back(float_from(static_cast<uint32_t>(bits)));
    if (values.size() == kRun) flush();
  }
  flush();
}

// Steps over the finite and infinite floats of both signs, NaNs of all kinds among them, and the edges.
template <typename Run>
void for_floats(const Run& run, uint32_t step = float_step()) {
  for_float_runs(0, 0x7fffffffu, run, step);
  for_float_runs(0x80000000u, 0xffffffffu, run, step);
  const std::vector<float> edges = edge_floats();
  run(edges.data(), static_cast<int>(edges.size()));
}

// The distance of neighbouring floats at a value; subnormals are as far apart as the smallest normals.
inline double ulp_at(double value) {
  const double magnitude = std::max(fabs(value), static_cast<double>(FLT_MIN));
  return ldexp(1.0, std::min(ilogb(magnitude), 127) - 23);
}

// How far a float is from the truth, in ULP; infinite where one is NaN and the other is not. An infinity counts as 2^128, the float that
// would follow FLT_MAX, so that overflow has to happen where it should.
inline double error_in_ulp(float found, double truth) {
  if (isnan(found) || isnan(truth)) return isnan(found) && isnan(truth) ? 0 : HUGE_VAL;
  const double beyond = ldexp(1.0, 128);
  const double have = isinf(found) ? copysign(beyond, static_cast<double>(found)) : static_cast<double>(found);
  const double want = std::clamp(truth, -beyond, beyond);
  return fabs(have - want) / ulp_at(want);
}

// The largest error, and where.
struct Worst {
  double ulp = 0;
  float at = 0;

  void note(float x, double error) {
    if (!(error <= ulp)) {
      ulp = error;
      at = x;
    }
  }
};

}  // namespace yololoss
