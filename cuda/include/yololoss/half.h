// The bits of floats, and 16-bit floats: half (IEEE binary16) and bfloat16, rounded to nearest even.
//
// Written in integer arithmetic, so that every backend stores the same bits. Static, since some callers are compiled per instruction set.
#pragma once

#include <stdint.h>
#include <string.h>

#include "annotations.h"

namespace yololoss {

YL_STATIC_HOST_DEVICE uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

YL_STATIC_HOST_DEVICE float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// The float of a half: exact.
YL_STATIC_HOST_DEVICE float half_to_float(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(h & 0x7fffu) << 13;
  const float scaled = float_of(magnitude) * 5.192296858534828e33f;  // 2^112, which also lifts subnormals
  const uint32_t finite = bits_of(scaled);
  const uint32_t special = magnitude | 0x7f800000u;
  return float_of(sign | (magnitude >= 0x0f800000u ? special : finite));
}

// A float as half, to nearest even; a NaN stays a quiet NaN.
YL_STATIC_HOST_DEVICE uint16_t float_to_half(float x) {
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

YL_STATIC_HOST_DEVICE float bfloat_to_float(uint16_t h) { return float_of(static_cast<uint32_t>(h) << 16); }

YL_STATIC_HOST_DEVICE uint16_t float_to_bfloat(float x) {
  const uint32_t bits = bits_of(x);
  const uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  const uint32_t quiet = bits | 0x400000u;  // truncation alone could leave an infinity
  return static_cast<uint16_t>(((bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded) >> 16);
}

}  // namespace yololoss
