// exp and log1p as polynomials without branches. Included by lanes.inc.cpp only, which is compiled per instruction set.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

namespace yololoss {

static inline uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

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

// The float of a half: exact.
static inline float half_to_float(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(h & 0x7fffu) << 13;
  const float scaled = float_of(magnitude) * 5.192296858534828e33f;  // 2^112, which also lifts subnormals
  const uint32_t finite = bits_of(scaled);
  const uint32_t special = magnitude | 0x7f800000u;
  return float_of(sign | (magnitude >= 0x0f800000u ? special : finite));
}

// A float as half, to nearest even; a NaN stays a quiet NaN.
static inline uint16_t float_to_half(float x) {
  const uint32_t bits = bits_of(x);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  // normal halves: rebias and round; the carry may step into the exponent, which is right
  const uint32_t normal = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
  // subnormal halves: the adder of the processor rounds at the right place
  const uint32_t subnormal = bits_of(float_of(magnitude) + 0.5f) - 0x3f000000u;
  const uint32_t special = magnitude > 0x7f800000u ? 0x7e00u : 0x7c00u;
  const uint32_t finite = magnitude < 0x38800000u ? subnormal : normal;
  return static_cast<uint16_t>(sign | (magnitude >= 0x477ff000u ? special : finite));
}

static inline float bfloat_to_float(uint16_t h) { return float_of(static_cast<uint32_t>(h) << 16); }

static inline uint16_t float_to_bfloat(float x) {
  const uint32_t bits = bits_of(x);
  const uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  const uint32_t quiet = bits | 0x400000u;  // truncation alone could leave an infinity
  return static_cast<uint16_t>(((bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded) >> 16);
}

}  // namespace yololoss
