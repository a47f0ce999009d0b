// Faults planted into kernels: the ways in which the suites look at the real ones must see each. Those that the emulated device itself
// finds (barriers, masks, writes out of bounds, staging that is overwritten too early) are planted in the emulator's tests; swapped
// arguments of a step's kernels, which the driver finds, in the engine's.
#include <doctest/doctest.h>

#include <vector>

#include "device_engine.h"

extern "C" void pairwise_iou(int, int, long long, yololoss::Elements, yololoss::Elements, yololoss::Elements, yololoss::Elements);

namespace {

// A float sum in whatever order the threads come: what the kernels must not do.
__global__ void sum_by_float_atomic(const float* values, int n, unsigned* sum) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= n) return;
  unsigned old = *sum;
  for (unsigned before = old + 1; before != old;) {
    before = old;
    old = atomicCAS(sum, before, __float_as_uint(__uint_as_float(before) + values[i]));
  }
}

// A block sum whose threads do not wait for each other.
__global__ void sum_without_barrier(const float* values, float* sum) {
  __shared__ float partial[256];
  partial[threadIdx.x] = values[threadIdx.x];
  if (threadIdx.x != 0) return;
  float total = 0;
  for (int i = 0; i < 256; ++i) total += partial[i];
  *sum = total;
}

std::vector<float> uneven_values(int n) {
  std::vector<float> values;
  for (int i = 0; i < n; ++i) values.push_back(1.0f / static_cast<float>(i % 97 + 1) + (i % 5 == 0 ? 1e4f : 0.0f));
  return values;
}

}  // namespace

namespace yololoss {
namespace {

TEST_CASE("a sum by float atomics changes with the order of threads") {
  const std::vector<float> values = uneven_values(1000);
  int different = 0;
  unsigned first = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    emulator::seed_order(seed);
    unsigned sum = 0;
    emulator::launch("sum_by_float_atomic", sum_by_float_atomic, dim3(4), dim3(256), values.data(), 1000, &sum);
    if (seed == 1) first = sum;
    different += sum != first ? 1 : 0;
  }
  CHECK(different > 0);
}

TEST_CASE("a missing barrier shows in the sum") {
  const std::vector<float> values = uneven_values(256);
  float expected = 0;
  for (const float value : values) expected += value;
  int wrong = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    emulator::seed_order(seed);
    float sum = 0;
    emulator::launch("sum_without_barrier", sum_without_barrier, dim3(1), dim3(256), values.data(), &sum);
    wrong += sum != expected ? 1 : 0;
  }
  CHECK(wrong > 0);
}

TEST_CASE("swapped boxes show in the gradient") {
  std::vector<double> a = {0.5, 0.5, 0.4, 0.3}, b = {0.55, 0.45, 0.2, 0.5}, value(1), slope(4), swapped(4);
  const auto of = [](std::vector<double>& v) { return Elements{ElementType::kF64, 0, v.data()}; };
  emulator::launch("pairwise_iou", ::pairwise_iou, dim3(1), dim3(kBlockThreads), 3, 1, 1LL, of(a), of(b), of(value), of(slope));
  emulator::launch("pairwise_iou", ::pairwise_iou, dim3(1), dim3(kBlockThreads), 3, 1, 1LL, of(b), of(a), of(value), of(swapped));
  CHECK(slope != swapped);
}

}  // namespace
}  // namespace yololoss
