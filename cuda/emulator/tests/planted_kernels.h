// Kernels for the emulator's own tests: sound ones, and each fault that the emulator claims to find.
#pragma once

#include "emulated_device.h"

// ---- Sound

constexpr unsigned kWholeWarp = 0xFFFFFFFFU;

// sums[block] = the sum of the block's part of values; 256 threads.
extern "C" __global__ void __launch_bounds__(256) block_sum(const float* values, int count, float* sums) {
  __shared__ float warps[8];
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const unsigned warp = threadIdx.x / 32, within = threadIdx.x % 32;
  float sum = i < count ? values[i] : 0.0F;
  for (unsigned delta = 16; delta > 0; delta /= 2) sum += __shfl_down_sync(kWholeWarp, sum, delta);
  if (within == 0) warps[warp] = sum;
  __syncthreads();
  if (warp != 0) return;
  sum = within < 8 ? warps[within] : 0.0F;
  for (unsigned delta = 4; delta > 0; delta /= 2) sum += __shfl_down_sync(kWholeWarp, sum, delta);
  if (within == 0) sums[blockIdx.x] = sum;
}

// What every lane gets from every operation, 32 threads: see warp_operations_test.
struct WarpResults {
  int shuffled[32], down[32], up[32], crossed[32], wrapped[32];
  double wide[32];
  unsigned ballot[32];
  int any[32], all[32], odd_sum[32];
};

extern "C" __global__ void warp_operations(WarpResults* out) {
  const unsigned lane = threadIdx.x;
  const int value = static_cast<int>(lane) * 10;
  out->shuffled[lane] = __shfl_sync(kWholeWarp, value, 5);
  out->down[lane] = __shfl_down_sync(kWholeWarp, value, 3);
  out->up[lane] = __shfl_up_sync(kWholeWarp, value, 3, 8);
  out->crossed[lane] = __shfl_xor_sync(kWholeWarp, value, 1);
  out->wrapped[lane] = __shfl_sync(kWholeWarp, value, 9, 8);
  out->wide[lane] = __shfl_xor_sync(kWholeWarp, 0.5 * value, 31);
  out->ballot[lane] = __ballot_sync(kWholeWarp, lane % 3 == 0);
  out->any[lane] = __any_sync(kWholeWarp, lane == 7);
  out->all[lane] = __all_sync(kWholeWarp, lane < 31);
  if (lane % 2 == 1) {
    int sum = value;
    for (int step = 2; step < 32; step *= 2) sum += __shfl_xor_sync(0xAAAAAAAAU, sum, step);
    out->odd_sum[lane] = sum;
  }
  __syncwarp();
}

extern "C" __global__ void block_votes(int* count, int* any, int* all) {
  const int t = static_cast<int>(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z));
  count[t] = __syncthreads_count(t % 3 == 0);
  any[t] = __syncthreads_or(t == 1000);
  all[t] = __syncthreads_and(t >= 0);
}

extern "C" __global__ void count_threads(unsigned* threads, unsigned long long* blocks) {
  atomicAdd(threads, 1U);
  if (threadIdx.x == 0) atomicAdd(blocks, 1ULL);
}

extern "C" __global__ void fill(int count, float value, float* out) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) out[i] = value;
}

// ---- Faulty

// The barrier between writing and reading shared memory is missing.
extern "C" __global__ void without_barrier(int* out) {
  __shared__ int shared[64];
  shared[threadIdx.x] = static_cast<int>(threadIdx.x);
  out[threadIdx.x] = shared[63 - threadIdx.x];
}

// Every thread writes the same place; which one stays is nobody's promise.
extern "C" __global__ void last_writer(int* out) {
  __shared__ int shared;
  shared = static_cast<int>(threadIdx.x);
  __syncthreads();
  if (threadIdx.x == 0) *out = shared;
}

extern "C" __global__ void reads_stale_shared_memory(float* out) {
  __shared__ float shared[32];
  if (blockIdx.x == 0) shared[threadIdx.x] = 1;
  __syncthreads();
  out[blockIdx.x * blockDim.x + threadIdx.x] = shared[threadIdx.x];
}

extern "C" __global__ void leaves_before_barrier(int count) {
  if (static_cast<int>(threadIdx.x) >= count) return;
  __syncthreads();
}

extern "C" __global__ void two_barriers() {
  if (threadIdx.x % 2 == 0)
    __syncthreads();
  else
    __syncthreads();
}

extern "C" __global__ void barrier_in_half_a_warp() {
  if (threadIdx.x % 2 == 0) __syncthreads();
  __syncwarp();
}

extern "C" __global__ void mask_names_an_absent_lane(int* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_down_sync(kWholeWarp, out[threadIdx.x], 1);
}

extern "C" __global__ void mask_without_the_caller() { __syncwarp(0x0000FFFEU); }

extern "C" __global__ void two_operations_with_one_mask() {
  if (threadIdx.x < 16)
    __syncwarp();
  else
    __any_sync(kWholeWarp, 1);
}

extern "C" __global__ void reads_a_lane_that_is_not_named(float* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_down_sync(0x0000FFFFU, 1.0F, 8);
}

// One element too many.
extern "C" __global__ void writes_past_the_end(int count, int* out) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i <= count) out[i] = i;
}

extern "C" __global__ void reads_past_the_end(int count, const int* in, int* out) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i <= count && in[i] == 12345) *out = i;
}

// ---- For the driver

struct Pair {
  char small;
  double large;
};

// Parameters of many sizes; out = their sum.
extern "C" __global__ void arguments_apart(char a, double b, Pair pair, short c, float* out) {
  if (threadIdx.x == 0) *out = static_cast<float>(a + b + pair.small + pair.large + c);
}

// Memory that is reached through memory, as a plan's buffers are.
extern "C" __global__ void copies_through(const float* const* from, float* to) { to[threadIdx.x] = (*from)[threadIdx.x]; }

// Faulty where the memory was freed meanwhile.
extern "C" __global__ void writes_through(float* const* to) { (*to)[threadIdx.x] = 1; }

// One thread; next is written between reading and writing, so that two of them at once would show.
extern "C" __global__ void adds_one(float* value, float* next) {
  *next = *value + 1;
  *value = *next;
}

// Under AddressSanitizer: one element of shared memory too many.
extern "C" __global__ void reads_past_shared_memory(int last, float* out) {
  __shared__ float shared[32];
  shared[threadIdx.x] = 1;
  __syncthreads();
  const float* volatile first = shared;  // beyond what UndefinedBehaviorSanitizer sees
  out[threadIdx.x] = first[static_cast<int>(threadIdx.x) < last ? 0 : 32];
}
