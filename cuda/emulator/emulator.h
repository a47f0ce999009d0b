// What a test may ask of the emulated driver, beside CUDA's own functions. All of it can be called from C and from any
// thread.
//
// The emulated device proves logic: that kernels and driver calls keep CUDA's rules and compute the right numbers in
// every order that the rules allow. It says nothing of speed, nor of what a weaker memory model does to code that has no
// barriers but should. Blocks run one after another, each to its end: that blocks share a counter without an atomic
// operation, or what they have written without a fence, does not show. What it finds:
//  - A kernel breaks a rule (block_runner.h), or writes outside of its allocations: found after the kernel.
//  - A copy's or fill's range, when it is asked for or when it is done, is not in live memory.
//  - A pointer argument of a kernel does not lead to live memory of its type's size and alignment, or not to the structure
//    that has an allocation to itself.
//  - Memory is freed, or a module unloaded, while work that uses it is not done.
//  - Pinned memory is written to before a copy has read it.
// Each of these is a fault: it is told on stderr, kept for yl_emulator_fault, ends up in cuGetErrorString, and loses the
// context: from then on every function answers CUDA_ERROR_LAUNCH_FAILED (a kernel's rules) or
// CUDA_ERROR_ILLEGAL_ADDRESS, as a real driver does after such an error.
//
// Work is done as late as CUDA promises nothing better: when a function waits for it, and in any order that streams,
// events and graphs permit, drawn from the seed. Meanwhile pinned memory that work is going to write holds poison. What
// is stricter than a real driver: cuMemFree waits for nobody; a captured copy from or to pageable memory is refused;
// a block's threads beyond __launch_bounds__ are CUDA_ERROR_INVALID_VALUE; an exited thread never counts as having
// arrived at a barrier or warp operation.
//
// cuModuleLoadData takes an image that starts as a fatbin does (0xBA55ED50), or with YOLOLOSS_EMULATED_IMAGE, which the
// build writes to emulated.fatbin for where there is no nvcc; no real driver takes the latter. What is in the image is
// not looked at: the kernels are those of kernels.cpp.
#pragma once

#include <stdint.h>

#define YOLOLOSS_EMULATED_IMAGE "yololoss emulated kernels\n"

#ifdef __cplusplus
#define YOLOLOSS_EMULATOR_API extern "C" __attribute__((visibility("default")))
#else
#define YOLOLOSS_EMULATOR_API __attribute__((visibility("default")))
#endif

// Everything as when the library was loaded. Every handle and address of before is dead, also those that other threads
// hold; work that is not done never is.
YOLOLOSS_EMULATOR_API void yl_emulator_reset(void);

// Settings; the environment variable YOLOLOSS_EMULATOR sets them when the library is loaded and after a reset, as in
// "seed=7,driver_version=11040". 0: there is no such setting.
//   seed            1      of all orders: blocks, threads, streams
//   driver_version  13000  as cuDriverGetVersion says it
//   device_count    1      0: cuInit answers CUDA_ERROR_NO_DEVICE
//   compute_major   9      the device's compute capability
//   compute_minor   0
//   total_memory    2^33   bytes; beyond it, CUDA_ERROR_OUT_OF_MEMORY
YOLOLOSS_EMULATOR_API int yl_emulator_set(const char* setting, int64_t value);

// Makes a driver function answer a CUDA status, without doing anything, in `times` calls after the next `skip`. Names are
// without a version, as in cuMemAlloc.
YOLOLOSS_EMULATOR_API void yl_emulator_fail_call(const char* function, int64_t skip, int64_t times, int status);

// Makes a kernel fail on the device, after its next `skip` runs: a sticky error, which whoever waits for it gets first.
YOLOLOSS_EMULATOR_API void yl_emulator_fail_kernel(const char* kernel, int64_t skip, int status);

// Makes cuModuleGetFunction answer CUDA_ERROR_NOT_FOUND for a kernel.
YOLOLOSS_EMULATOR_API void yl_emulator_hide_kernel(const char* kernel);

// How often a driver function was called. Names are without a version.
YOLOLOSS_EMULATOR_API int64_t yl_emulator_calls(const char* function);

// How much work waits in the queue.
YOLOLOSS_EMULATOR_API int64_t yl_emulator_pending(void);

// Looks at all memory, freed memory too, for writes out of bounds; gives the number of faults so far.
YOLOLOSS_EMULATOR_API int64_t yl_emulator_check(void);
// A fault in words, the first is number 0; null where there is none. Valid until the next reset.
YOLOLOSS_EMULATOR_API const char* yl_emulator_fault(int64_t number);

// What nobody has given back: allocations, streams, events, graphs, modules, the primary context, and what a context
// still held when its last user released it. The text has one line for each kind or allocation, and is valid until the
// next call on the same thread. The same is told on stderr when the process ends.
YOLOLOSS_EMULATOR_API int64_t yl_emulator_leak_count(void);
YOLOLOSS_EMULATOR_API const char* yl_emulator_leaks(void);

// The structures that kernels and Java share, as compiled (device_layout.h).
YOLOLOSS_EMULATOR_API const char* yl_emulator_layout(void);
