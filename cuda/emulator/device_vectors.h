// CUDA's vector types, sized and aligned as CUDA does, and the functions that make them.
#pragma once

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned width = 1, unsigned height = 1, unsigned depth = 1) : x(width), y(height), z(depth) {}
};

// NOLINTBEGIN: lower case and the like are CUDA's.
#define YOLOLOSS_VECTORS(type, base, align2, align4)                                        \
  struct alignas(align2) type##2 {                                                          \
    base x, y;                                                                              \
  };                                                                                        \
  struct alignas(align4) type##4 {                                                          \
    base x, y, z, w;                                                                        \
  };                                                                                        \
  constexpr type##2 make_##type##2(base x, base y) { return {x, y}; }                       \
  constexpr type##4 make_##type##4(base x, base y, base z, base w) { return {x, y, z, w}; } \
  static_assert(sizeof(type##2) == 2 * sizeof(base) && sizeof(type##4) == 4 * sizeof(base))

using yololoss_uchar = unsigned char;
using yololoss_ushort = unsigned short;
using yololoss_uint = unsigned int;
using yololoss_longlong = long long;
using yololoss_ulonglong = unsigned long long;

YOLOLOSS_VECTORS(char, signed char, 2, 4);
YOLOLOSS_VECTORS(uchar, yololoss_uchar, 2, 4);
YOLOLOSS_VECTORS(short, short, 4, 8);
YOLOLOSS_VECTORS(ushort, yololoss_ushort, 4, 8);
YOLOLOSS_VECTORS(int, int, 8, 16);
YOLOLOSS_VECTORS(uint, yololoss_uint, 8, 16);
YOLOLOSS_VECTORS(longlong, yololoss_longlong, 16, 16);
YOLOLOSS_VECTORS(ulonglong, yololoss_ulonglong, 16, 16);
YOLOLOSS_VECTORS(float, float, 8, 16);
YOLOLOSS_VECTORS(double, double, 16, 16);
#undef YOLOLOSS_VECTORS

constexpr uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
// NOLINTEND
