// Makes the text of a .cu file C++20: what CUDA adds to the language, its built-in variables and functions.
//
// Not here, on purpose: atomic operations on float and double (their order is nobody's), printf, dynamic shared memory,
// what needs more than compute capability 7.5.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>  // libstdc++ spells an attribute in it like CUDA's __noinline__: it comes before the macro
#include <source_location>

#include "block_runner.h"
#include "device_vectors.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(bytes) alignas(bytes)
#define __constant__ static const
// In a section of its own, which is poisoned before each block. "used" stands for the other threads: nothing may be
// concluded from what the compiler sees of one.
#define __shared__ static __attribute__((section("yololoss_shared"), used))

// NOLINTBEGIN: the names are CUDA's.

// ---- Barriers

inline void __syncthreads(const std::source_location& place = std::source_location::current()) {
  yololoss::emulator::meet_block(yololoss::emulator::Operation::syncthreads, false, place);
}
inline int __syncthreads_or(int predicate, const std::source_location& place = std::source_location::current()) {
  return yololoss::emulator::meet_block(yololoss::emulator::Operation::syncthreads_or, predicate != 0, place) > 0 ? 1 : 0;
}
inline int __syncthreads_and(int predicate, const std::source_location& place = std::source_location::current()) {
  const auto holds = yololoss::emulator::meet_block(yololoss::emulator::Operation::syncthreads_and, predicate != 0, place);
  return holds == blockDim.x * blockDim.y * blockDim.z ? 1 : 0;
}
inline int __syncthreads_count(int predicate, const std::source_location& place = std::source_location::current()) {
  return static_cast<int>(yololoss::emulator::meet_block(yololoss::emulator::Operation::syncthreads_count, predicate != 0, place));
}
inline void __syncwarp(unsigned mask = 0xFFFFFFFFU, const std::source_location& place = std::source_location::current()) {
  yololoss::emulator::meet_warp(yololoss::emulator::Operation::syncwarp, mask, 0, 0, place);
}

// ---- Votes

inline unsigned __ballot_sync(unsigned mask, int predicate, const std::source_location& place = std::source_location::current()) {
  const bool holds = predicate != 0;
  return static_cast<unsigned>(yololoss::emulator::meet_warp(yololoss::emulator::Operation::ballot, mask, holds ? 1 : 0, 0, place));
}
inline int __any_sync(unsigned mask, int predicate, const std::source_location& place = std::source_location::current()) {
  return yololoss::emulator::meet_warp(yololoss::emulator::Operation::any, mask, predicate != 0 ? 1 : 0, 0, place) != 0 ? 1 : 0;
}
inline int __all_sync(unsigned mask, int predicate, const std::source_location& place = std::source_location::current()) {
  return yololoss::emulator::meet_warp(yololoss::emulator::Operation::all, mask, predicate != 0 ? 1 : 0, 0, place) == mask ? 1 : 0;
}

// ---- Shuffles. A source lane outside the caller's segment of `width` lanes is the caller itself; for __shfl_sync it
// wraps around.

namespace yololoss::emulator {
template <typename T>
concept Shuffled = std::same_as<T, int> || std::same_as<T, unsigned> || std::same_as<T, long> || std::same_as<T, unsigned long> ||
    std::same_as<T, long long> || std::same_as<T, unsigned long long> || std::same_as<T, float> || std::same_as<T, double>;

template <Shuffled T>
T shuffle(Operation operation, unsigned mask, T value, unsigned source, const std::source_location& place) {
  std::uint64_t operand = 0;
  std::memcpy(&operand, &value, sizeof value);
  const auto result = meet_warp(operation, mask, operand, source, place);
  std::memcpy(&value, &result, sizeof value);
  return value;
}
}  // namespace yololoss::emulator

template <yololoss::emulator::Shuffled T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, const std::source_location& place = std::source_location::current()) {
  const auto within = static_cast<unsigned>(width) - 1;
  const auto from = (yololoss::emulator::lane() & ~within) | (static_cast<unsigned>(source) & within);
  return yololoss::emulator::shuffle(yololoss::emulator::Operation::shuffle, mask, value, from, place);
}
template <yololoss::emulator::Shuffled T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   const std::source_location& place = std::source_location::current()) {
  const auto own = yololoss::emulator::lane(), last = own | (static_cast<unsigned>(width) - 1);
  return yololoss::emulator::shuffle(yololoss::emulator::Operation::shuffle_down, mask, value, delta <= last - own ? own + delta : own,
                                     place);
}
template <yololoss::emulator::Shuffled T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 const std::source_location& place = std::source_location::current()) {
  const auto own = yololoss::emulator::lane(), first = own & ~(static_cast<unsigned>(width) - 1);
  return yololoss::emulator::shuffle(yololoss::emulator::Operation::shuffle_up, mask, value, delta <= own - first ? own - delta : own,
                                     place);
}
template <yololoss::emulator::Shuffled T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, const std::source_location& place = std::source_location::current()) {
  const auto own = yololoss::emulator::lane(), last = own | (static_cast<unsigned>(width) - 1);
  const auto other = own ^ static_cast<unsigned>(lanes);
  return yololoss::emulator::shuffle(yololoss::emulator::Operation::shuffle_xor, mask, value, other <= last ? other : own, place);
}

// ---- Bits

inline int __popc(unsigned value) { return std::popcount(value); }
inline int __popcll(unsigned long long value) { return std::popcount(value); }
inline int __clz(int value) { return std::countl_zero(static_cast<unsigned>(value)); }
inline int __clzll(long long value) { return std::countl_zero(static_cast<unsigned long long>(value)); }
inline int __ffs(int value) { return value == 0 ? 0 : std::countr_zero(static_cast<unsigned>(value)) + 1; }
inline int __ffsll(long long value) { return value == 0 ? 0 : std::countr_zero(static_cast<unsigned long long>(value)) + 1; }

inline float __uint_as_float(unsigned bits) { return std::bit_cast<float>(bits); }
inline unsigned __float_as_uint(float value) { return std::bit_cast<unsigned>(value); }
inline float __int_as_float(int bits) { return std::bit_cast<float>(bits); }
inline int __float_as_int(float value) { return std::bit_cast<int>(value); }
inline double __longlong_as_double(long long bits) { return std::bit_cast<double>(bits); }
inline long long __double_as_longlong(double value) { return std::bit_cast<long long>(value); }

// ---- Memory

inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}

template <typename T>
T __ldg(const T* at) {
  return *at;
}
template <typename T>
T __ldcs(const T* at) {
  return *at;
}
template <typename T>
void __stcs(T* at, T value) {
  *at = value;
}

// ---- Atomic operations, on the types that CUDA has them for. One thread runs at a time, so each is one whole anyway.

#define YOLOLOSS_ATOMIC(name, type, expression) \
  inline type name(type* at, type value) {      \
    yololoss::emulator::interleave();           \
    const type old = *at;                       \
    *at = static_cast<type>(expression);        \
    return old;                                 \
  }
YOLOLOSS_ATOMIC(atomicAdd, int, static_cast<unsigned>(old) + static_cast<unsigned>(value))
YOLOLOSS_ATOMIC(atomicAdd, unsigned, old + value)
YOLOLOSS_ATOMIC(atomicAdd, unsigned long long, old + value)
YOLOLOSS_ATOMIC(atomicSub, int, static_cast<unsigned>(old) - static_cast<unsigned>(value))
YOLOLOSS_ATOMIC(atomicSub, unsigned, old - value)
YOLOLOSS_ATOMIC(atomicExch, int, value)
YOLOLOSS_ATOMIC(atomicExch, unsigned, value)
YOLOLOSS_ATOMIC(atomicExch, unsigned long long, value)
YOLOLOSS_ATOMIC(atomicMin, int, value < old ? value : old)
YOLOLOSS_ATOMIC(atomicMin, unsigned, value < old ? value : old)
YOLOLOSS_ATOMIC(atomicMin, long long, value < old ? value : old)
YOLOLOSS_ATOMIC(atomicMin, unsigned long long, value < old ? value : old)
YOLOLOSS_ATOMIC(atomicMax, int, value > old ? value : old)
YOLOLOSS_ATOMIC(atomicMax, unsigned, value > old ? value : old)
YOLOLOSS_ATOMIC(atomicMax, long long, value > old ? value : old)
YOLOLOSS_ATOMIC(atomicMax, unsigned long long, value > old ? value : old)
YOLOLOSS_ATOMIC(atomicInc, unsigned, old >= value ? 0 : old + 1)
YOLOLOSS_ATOMIC(atomicDec, unsigned, old == 0 || old > value ? value : old - 1)
YOLOLOSS_ATOMIC(atomicAnd, int, old& value)
YOLOLOSS_ATOMIC(atomicAnd, unsigned, old& value)
YOLOLOSS_ATOMIC(atomicAnd, unsigned long long, old& value)
YOLOLOSS_ATOMIC(atomicOr, int, old | value)
YOLOLOSS_ATOMIC(atomicOr, unsigned, old | value)
YOLOLOSS_ATOMIC(atomicOr, unsigned long long, old | value)
YOLOLOSS_ATOMIC(atomicXor, int, old ^ value)
YOLOLOSS_ATOMIC(atomicXor, unsigned, old ^ value)
YOLOLOSS_ATOMIC(atomicXor, unsigned long long, old ^ value)
#undef YOLOLOSS_ATOMIC

#define YOLOLOSS_COMPARE_AND_SWAP(type)                       \
  inline type atomicCAS(type* at, type compare, type value) { \
    yololoss::emulator::interleave();                         \
    const type old = *at;                                     \
    if (old == compare) *at = value;                          \
    return old;                                               \
  }
YOLOLOSS_COMPARE_AND_SWAP(int)
YOLOLOSS_COMPARE_AND_SWAP(unsigned)
YOLOLOSS_COMPARE_AND_SWAP(unsigned long long)
YOLOLOSS_COMPARE_AND_SWAP(unsigned short)
#undef YOLOLOSS_COMPARE_AND_SWAP

float atomicAdd(float*, float) = delete;
double atomicAdd(double*, double) = delete;

// ---- Arithmetic

inline int min(int a, int b) { return a < b ? a : b; }
inline unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
inline unsigned min(int a, unsigned b) { return min(static_cast<unsigned>(a), b); }
inline unsigned min(unsigned a, int b) { return min(a, static_cast<unsigned>(b)); }
inline long min(long a, long b) { return a < b ? a : b; }
inline unsigned long min(unsigned long a, unsigned long b) { return a < b ? a : b; }
inline long long min(long long a, long long b) { return a < b ? a : b; }
inline unsigned long long min(unsigned long long a, unsigned long long b) { return a < b ? a : b; }
inline float min(float a, float b) { return std::fmin(a, b); }
inline double min(double a, double b) { return std::fmin(a, b); }
inline double min(float a, double b) { return std::fmin(static_cast<double>(a), b); }
inline double min(double a, float b) { return std::fmin(a, static_cast<double>(b)); }
inline int max(int a, int b) { return a > b ? a : b; }
inline unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }
inline unsigned max(int a, unsigned b) { return max(static_cast<unsigned>(a), b); }
inline unsigned max(unsigned a, int b) { return max(a, static_cast<unsigned>(b)); }
inline long max(long a, long b) { return a > b ? a : b; }
inline unsigned long max(unsigned long a, unsigned long b) { return a > b ? a : b; }
inline long long max(long long a, long long b) { return a > b ? a : b; }
inline unsigned long long max(unsigned long long a, unsigned long long b) { return a > b ? a : b; }
inline float max(float a, float b) { return std::fmax(a, b); }
inline double max(double a, double b) { return std::fmax(a, b); }
inline double max(float a, double b) { return std::fmax(static_cast<double>(a), b); }
inline double max(double a, float b) { return std::fmax(a, static_cast<double>(b)); }

inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline double rsqrt(double x) { return 1 / std::sqrt(x); }
inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __saturatef(float x) { return x > 0 ? (x < 1 ? x : 1.0F) : 0.0F; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float x) { return std::sqrt(x); }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __dsqrt_rn(double x) { return std::sqrt(x); }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline int __float2int_rn(float x) { return static_cast<int>(std::nearbyint(x)); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>(static_cast<std::uint64_t>(a) * b >> 32); }

// NOLINTEND
