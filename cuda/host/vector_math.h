// exp and log1p as polynomials without branches. Included by lanes.inc.cpp only, which is compiled per instruction set.
#pragma once

#include "yololoss/half.h"

namespace yololoss {

// e^x = 2^n e^r with |r| <= ln 2 / 2; 2^n in two factors, so that results overflow and underflow as they should.
static inline float fast_exp(float x) {
  float y = x > 89.0f ? 89.0f : x;
  y = y < -104.0f ? -104.0f : y;
  const float shifted = y * 1.44269504088896341f + 12582912.0f;  // 1.5 * 2^23: the whole part falls into the low bits
  const float n = shifted - 12582912.0f;
  const float r = (y - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float value = p * (r * r) + r + 1.0f;
  const int32_t whole = static_cast<int32_t>(bits_of(shifted) - 0x4B400000u);
  const int32_t half = whole >> 1;
  const float a = float_of(static_cast<uint32_t>(half + 127) << 23);
  const float b = float_of(static_cast<uint32_t>(whole - half + 127) << 23);
  return value * a * b;
}

// log(1 + e) for e in [0, 1], by the series of 2 atanh(e / (2 + e)).
static inline float fast_log1p(float e) {
  const float s = e / (2.0f + e);
  const float z = s * s;
  float p = 1.0f / 15;
  p = p * z + 1.0f / 13;
  p = p * z + 1.0f / 11;
  p = p * z + 1.0f / 9;
  p = p * z + 1.0f / 7;
  p = p * z + 1.0f / 5;
  p = p * z + 1.0f / 3;
  return 2.0f * s + 2.0f * s * (z * p);
}

// The same in double. The exponents are kept positive, since only such 64-bit integers shift in vectors everywhere.
static inline double wide_exp(double x) {
  double y = x > 710.0 ? 710.0 : x;
  y = y < -746.0 ? -746.0 : y;
  const double shifted = y * 1.44269504088896341 + 6755399441055744.0;  // 1.5 * 2^52
  const double n = shifted - 6755399441055744.0;
  const double r = (y - n * 6.93147180369123816490e-1) - n * 1.90821492927058770002e-10;
  double p = 1.0 / 6227020800;
  p = p * r + 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 1.0 / 2;
  const double value = p * (r * r) + r + 1.0;
  uint64_t whole;
  memcpy(&whole, &shifted, sizeof whole);
  whole = whole - 0x4338000000000000u + 2048u;
  const uint64_t half = whole >> 1, a_bits = (half - 1u) << 52, b_bits = (whole - half - 1u) << 52;
  double a, b;
  memcpy(&a, &a_bits, sizeof a);
  memcpy(&b, &b_bits, sizeof b);
  return value * a * b;
}

}  // namespace yololoss
