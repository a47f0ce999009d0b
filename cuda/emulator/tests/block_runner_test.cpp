#include "block_runner.h"

#include <doctest/doctest.h>

#include <cmath>
#include <concepts>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "launch.h"
#include "planted_kernels.h"

using yololoss::emulator::KernelFault;
using yololoss::emulator::launch;
using yololoss::emulator::seed_order;

namespace {

// The message of the fault that a launch ends with; empty if there is none.
template <typename Launch>
std::string fault_of(Launch run) {
  try {
    run();
  } catch (const KernelFault& fault) {
    return fault.what();
  }
  return {};
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a block reduction with shared memory, shuffles and a barrier") {
  const int count = 256 * 17 - 100;
  std::vector<float> values(count), sums(17);
  std::iota(values.begin(), values.end(), 1.0F);
  for (unsigned seed = 0; seed < 20; ++seed) {
    seed_order(seed);
    launch(block_sum, 17, 256, values.data(), count, sums.data());
    for (int block = 0; block < 17; ++block) {
      const auto first = values.begin() + block * 256;
      CHECK(sums[block] == std::accumulate(first, block == 16 ? values.end() : first + 256, 0.0F));
    }
  }
}

TEST_CASE("warp operations give what CUDA's give") {
  WarpResults out{};
  launch(warp_operations, 1, 32, &out);
  for (int lane = 0; lane < 32; ++lane) {
    CHECK(out.shuffled[lane] == 50);
    CHECK(out.down[lane] == (lane < 29 ? lane + 3 : lane) * 10);
    CHECK(out.up[lane] == (lane % 8 >= 3 ? lane - 3 : lane) * 10);
    CHECK(out.crossed[lane] == (lane ^ 1) * 10);
    CHECK(out.wrapped[lane] == (lane / 8 * 8 + 1) * 10);
    CHECK(out.wide[lane] == 5.0 * (31 - lane));
    CHECK(out.ballot[lane] == 0x49249249U);
    CHECK(out.any[lane] == 1);
    CHECK(out.all[lane] == 0);
    CHECK(out.odd_sum[lane] == (lane % 2 == 1 ? 2560 : 0));
  }
}

TEST_CASE("barriers that vote, in a block of three dimensions") {
  std::vector<int> count(96), any(96), all(96);
  launch(block_votes, 1, dim3(8, 4, 3), count.data(), any.data(), all.data());
  for (int i = 0; i < 96; ++i) {
    CHECK(count[i] == 32);
    CHECK(any[i] == 0);
    CHECK(all[i] == 1);
  }
}

TEST_CASE("every thread of every block runs once") {
  unsigned threads = 0;
  unsigned long long blocks = 0;
  launch(count_threads, dim3(5, 4, 3), 100, &threads, &blocks);
  CHECK(threads == 6000);
  CHECK(blocks == 60);
}

TEST_CASE("bounds of a launch") {
  CHECK_THROWS_AS(launch(two_barriers, 1, 1025), std::invalid_argument);
  CHECK_THROWS_AS(launch(two_barriers, 0, 32), std::invalid_argument);
}

TEST_CASE("a missing barrier shows as other values or poison") {
  int wrong = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    seed_order(seed);
    std::vector<int> out(64);
    launch(without_barrier, 1, 64, out.data());
    for (int i = 0; i < 64; ++i)
      if (out[i] != 63 - i) ++wrong;
  }
  CHECK(wrong > 0);
}

TEST_CASE("writers that race show as different values") {
  std::set<int> seen;
  for (unsigned seed = 0; seed < 20; ++seed) {
    seed_order(seed);
    int out = -1;
    launch(last_writer, 1, 64, &out);
    seen.insert(out);
  }
  CHECK(seen.size() > 5);
}

TEST_CASE("shared memory is poisoned before each block") {
  std::vector<float> out(8 * 32);
  launch(reads_stale_shared_memory, 8, 32, out.data());
  for (std::size_t i = 0; i < out.size(); ++i) CHECK(std::isnan(out[i]) == (i >= 32));
}

TEST_CASE("a thread that left while others wait at a barrier is named") {
  const auto fault = fault_of([] { launch("leaves_before_barrier", leaves_before_barrier, 3, 64, 63); });
  CHECK(contains(fault, "kernel leaves_before_barrier, block ("));
  CHECK(contains(fault, "waits in __syncthreads at "));
  CHECK(contains(fault, "thread (63, 0, 0) has left the kernel"));
}

TEST_CASE("two barriers in two branches are not one") {
  const auto fault = fault_of([] { launch("two_barriers", two_barriers, 1, 64); });
  CHECK(contains(fault, "kernel two_barriers, block (0, 0, 0), thread ("));
  CHECK(contains(fault, "arrives at __syncthreads at "));
  CHECK(contains(fault, "while other threads of the block wait in __syncthreads"));
}

TEST_CASE("a barrier in half a warp") {
  const auto fault = fault_of([] { launch("barrier_in_half_a_warp", barrier_in_half_a_warp, 1, 32); });
  CHECK(contains(fault, "waits in __syncwarp at "));
  CHECK(contains(fault, "for ever: lane 0 of its warp waits in __syncthreads"));
}

TEST_CASE("a mask that names a lane that does not come") {
  std::vector<int> out(16);
  const auto fault = fault_of([&] { launch("mask_names_an_absent_lane", mask_names_an_absent_lane, 1, 32, out.data()); });
  CHECK(contains(fault, "waits in __shfl_down_sync at "));
  CHECK(contains(fault, "with mask 0xffffffff for ever: lane 16 of its warp has left the kernel"));
}

TEST_CASE("a mask that names a lane beyond the block") {
  std::vector<int> out(16);
  const auto fault = fault_of([&] { launch(mask_names_an_absent_lane, 1, 16, out.data()); });
  CHECK(contains(fault, "lane 16 of its warp does not exist"));
}

TEST_CASE("a mask that does not name the caller") {
  const auto fault = fault_of([] { launch("mask_without_the_caller", mask_without_the_caller, 1, 1); });
  CHECK(contains(fault, "calls __syncwarp at "));
  CHECK(contains(fault, "which does not name the caller's lane 0"));
}

TEST_CASE("one mask, two operations") {
  const auto fault = fault_of([] { launch(two_operations_with_one_mask, 1, 32); });
  CHECK(contains(fault, "while lanes of that mask wait in "));
  CHECK(contains(fault, "__any_sync"));
  CHECK(contains(fault, "__syncwarp"));
}

TEST_CASE("a shuffle from a lane that is not named gives poison") {
  std::vector<float> out(16);
  launch(reads_a_lane_that_is_not_named, 1, 32, out.data());
  for (int i = 0; i < 16; ++i) CHECK(std::isnan(out[i]) == (i >= 8));
}

TEST_CASE("the device works after a fault") {
  CHECK(contains(fault_of([] { launch(two_barriers, 4, 256); }), "__syncthreads"));
  std::vector<float> values(256, 1.0F), sums(1);
  launch(block_sum, 1, 256, values.data(), 256, sums.data());
  CHECK(sums[0] == 256);
}

TEST_CASE("there is no atomic addition of floating point numbers") {
  const auto adds = []<typename T>(T* at) {
    return requires { atomicAdd(at, T{1}); };
  };
  CHECK(adds(static_cast<int*>(nullptr)));
  CHECK_FALSE(adds(static_cast<float*>(nullptr)));
  CHECK_FALSE(adds(static_cast<double*>(nullptr)));
}
