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

}  // namespace yololoss
