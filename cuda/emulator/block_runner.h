// Runs a kernel's blocks one after another in a shuffled order, and a block's threads as fibres.
//
// A thread runs straight through until a barrier, a warp operation or, now and then, an atomic operation; who runs next
// is drawn from the seed, so that threads that rely on an order nobody promised them see different values. Shared memory
// is poisoned before each block. Breaking a rule of CUDA's ends the kernel with a KernelFault:
//  - every thread of the block has to arrive at the same __syncthreads; one that has left the kernel never does;
//  - every lane named in a mask has to arrive at the same warp operation with the same mask, which names the caller.
#pragma once

#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>

#include "device_vectors.h"

namespace yololoss::emulator {

// A rule that a kernel has broken; the message names kernel, block, thread, operation and its place in the source.
class KernelFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

constexpr unsigned kWarpSize = 32;
constexpr unsigned kMaxThreadsPerBlock = 1024;

// From here on, every order is drawn from this seed.
void seed_order(std::uint64_t seed);

// Calls body(context) once for each thread. One grid at a time: a second host thread waits.
// Throws KernelFault, and std::invalid_argument if the grid is empty or a block has more than 1024 threads.
void run_grid(const std::string& kernel, dim3 grid, dim3 block, void (*body)(const void* context), const void* context);

enum class Operation : std::uint8_t {
  syncthreads,
  syncthreads_or,
  syncthreads_and,
  syncthreads_count,
  syncwarp,
  shuffle,
  shuffle_down,
  shuffle_up,
  shuffle_xor,
  ballot,
  any,
  all,
};

// What the functions of emulated_device.h call, on a thread's fibre.
// Gives the number of threads whose predicate holds.
unsigned meet_block(Operation operation, bool predicate, const std::source_location& place);
// Gives, for a shuffle, the operand of the source lane (poison where that lane is not named in the mask); otherwise the
// lanes whose operand is not zero.
std::uint64_t meet_warp(Operation operation, unsigned mask, std::uint64_t operand, unsigned source_lane, const std::source_location& place);
// The calling thread's place in its warp.
unsigned lane();
// A place where other threads may come first.
void interleave();

}  // namespace yololoss::emulator

// CUDA's own names, for the kernels.
extern uint3 threadIdx;
extern uint3 blockIdx;
extern dim3 blockDim;
extern dim3 gridDim;
constexpr int warpSize = 32;
