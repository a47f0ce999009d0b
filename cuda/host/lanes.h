// Arithmetic over runs of floats, compiled once for baseline x86-64 (or any other machine) and once for AVX2 with FMA.
//
// exp and log1p are polynomials without branches, so that the compiler vectorises them. Their error against double in ULP, which for
// subnormal results is 2^-149: exp at most 2, log1p on [0, 1] at most 2, sigmoid at most 3, softplus and its slope at most 3, squared
// sigmoid at most 6 and its slope at most 7, bce at most 6 and its slope at most 6 of the larger of its two terms, which cancel where the
// sigmoid meets the target. A power amplifies what is wrong inside it: with m the probability of the wrong answer, focal_softplus is off
// by at most 6 (1 + gamma |log m|) and its slope by 8 times that bracket, focal_bce by 8 and its slope by 12 of the larger of its two
// terms, for finite logits. In double, exp is off by at most 2 ULP and sigmoid by 3. vector_math_test holds them to it on floats of every
// exponent, and on every float if asked. A NaN stays a NaN. No decision is made here but the rough sorting of the ignore search.
#pragma once

#include <float.h>
#include <math.h>
#include <stdint.h>

namespace yololoss {

// What is known of a plane row when its boxes are compared with one target, in cells.
struct RoughTruth {
  float column;  // whole part of the centre
  float x, y;    // rest of the centre by column, and the centre relative to the row
  float width, height;
};

struct Lanes {
  const char* name;

  // Objectness of cells that no target matched, from n logits: loss, its slope by the logit and the probability.
  void (*softplus)(const float* x, int n, float* value, float* slope, float* probability);
  void (*focal_softplus)(const float* x, int n, float gamma, float* value, float* slope, float* probability);
  void (*squared_sigmoid)(const float* x, int n, float* value, float* slope, float* probability);

  // BCE of n logits against one target, plain or with the focal factor.
  void (*bce)(const float* x, int n, float target, float positive_weight, float* value, float* slope);
  void (*focal_bce)(const float* x, int n, float target, float positive_weight, float gamma, float* value, float* slope);

  // The same against a target each, in [0, 1].
  void (*bce_each)(const float* x, const float* target, int n, float positive_weight, float* value, float* slope);

  // exp(x - shift).
  void (*exp_shifted)(const float* x, int n, float shift, float* out);

  // 1 / (1 + exp(-x)).
  void (*sigmoid)(const float* x, int n, float* out);

  // factor * exp(x).
  void (*scaled_exp)(const float* x, int n, float factor, float* out);

  // Of doubles, also in place: 1 / (1 + exp(-x)), and exp(x - shift).
  void (*wide_sigmoid)(const double* x, int n, double* out);
  void (*wide_exp_shifted)(const double* x, int n, double shift, double* out);

  // IoU of n boxes in neighbouring cells, the first in column `first`, with one target; whether any is at least `low` or not a number.
  bool (*rough_iou)(const float* x, const float* y, const float* w, const float* h, int n, int first, const RoughTruth& truth, float low,
                    float* iou);

  // Smallest and largest of n values but for NaNs; infinity and minus infinity without any.
  void (*range)(const float* x, int n, float* least, float* most);

  // Whether all of n values are finite.
  bool (*all_finite)(const float* x, int n);

  // Whether |x| is at most `most` for all of n values; a NaN is not.
  bool (*all_within)(const float* x, int n, float most);

  // Sum in a fixed order.
  double (*sum)(const float* x, int n);

  // 16-bit floats, rounded to nearest even.
  void (*from_f16)(const uint16_t* x, int n, float* out);
  void (*from_bf16)(const uint16_t* x, int n, float* out);
  void (*to_f16)(const float* x, int n, uint16_t* out);
  void (*to_bf16)(const float* x, int n, uint16_t* out);

  // out = factor * x.
  void (*scale)(const float* x, int n, float factor, float* out);
};

// out = factor * x, also by factors that no float holds.
inline void scale_by(const Lanes& lanes, const float* x, int n, double factor, float* out) {
  const double magnitude = fabs(factor);
  if (magnitude == 0 || (magnitude >= static_cast<double>(FLT_MIN) && magnitude <= static_cast<double>(FLT_MAX))) {
    lanes.scale(x, n, static_cast<float>(factor), out);
    return;
  }
  for (int i = 0; i < n; ++i) out[i] = static_cast<float>(factor * static_cast<double>(x[i]));
}

const Lanes& baseline_lanes();

// Null where the processor or the build has no AVX2 and FMA.
const Lanes* avx2_lanes();

}  // namespace yololoss
