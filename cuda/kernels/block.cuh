// Sums over warps and blocks in a fixed order.
#pragma once

#include "device.h"

namespace yololoss {

constexpr unsigned kWholeWarp = 0xffffffffu;
constexpr int kWarp = 32;
constexpr int kWarps = kBlockThreads / kWarp;

__device__ inline int lane_of_thread() { return static_cast<int>(threadIdx.x) % kWarp; }
__device__ inline int warp_of_thread() { return static_cast<int>(threadIdx.x) / kWarp; }

// The sum over a warp, the same bits in every lane.
template <typename Number>
__device__ Number warp_sum(Number value) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(kWholeWarp, value, distance);
  return value;
}

// Sums of several numbers over the block, in thread 0. Every thread of the block calls it; scratch may be used again after a barrier.
template <int kCount>
__device__ void block_sums(double (&values)[kCount], double (&scratch)[kWarps][kCount]) {
  for (int i = 0; i < kCount; ++i) values[i] = warp_sum(values[i]);
  if (lane_of_thread() == 0) {
    for (int i = 0; i < kCount; ++i) scratch[warp_of_thread()][i] = values[i];
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int i = 0; i < kCount; ++i) {
    values[i] = 0;
    for (int warp = 0; warp < kWarps; ++warp) values[i] += scratch[warp][i];
  }
}

}  // namespace yololoss
