// Errors: a driver's ordinary ones, those that a test asks for, and those of kernels and their arguments.
#include <cstdlib>

#include "driver.h"

using namespace yololoss::emulator;
using namespace yololoss::emulator::test;

extern "C" int cuMemAdvise(Address, std::size_t, int, int);  // from the list of functions that are not emulated

namespace {

// What the driver says of a status, in words.
std::string words(int status) {
  const char* text = nullptr;
  CHECK(cuGetErrorString(status, &text) == kSuccess);
  return text == nullptr ? "" : text;
}

}  // namespace

TEST_CASE("nothing works before cuInit, and little without a context") {
  yl_emulator_reset();
  int number = 0;
  Address address = 0;
  Handle handle = nullptr;
  CHECK(cuDriverGetVersion(&number) == kSuccess);
  CHECK(number == 13000);
  CHECK(cuDeviceGetCount(&number) == kNotInitialized);
  CHECK(cuMemAlloc_v2(&address, 1) == kNotInitialized);
  CHECK(cuInit(1) == kInvalidValue);
  CHECK(cuInit(0) == kSuccess);
  CHECK(cuDeviceGetCount(&number) == kSuccess);
  CHECK(number == 1);
  CHECK(cuMemAlloc_v2(&address, 1) == kInvalidContext);
  CHECK(cuStreamCreate(&handle, 0) == kInvalidContext);
  CHECK(cuModuleLoadData(&handle, YOLOLOSS_EMULATED_IMAGE) == kInvalidContext);
  CHECK(cuCtxSynchronize() == kInvalidContext);
  CHECK(cuCtxPopCurrent_v2(nullptr) == kInvalidContext);
  CHECK(cuCtxPushCurrent_v2(&number) == kInvalidContext);
  CHECK(cuDevicePrimaryCtxRelease_v2(0) == kInvalidContext);
  CHECK(cuDevicePrimaryCtxRetain(&handle, 1) == kInvalidDevice);
}

TEST_CASE("the primary context lives while it is retained") {
  Session session;
  Handle again = nullptr, current = nullptr;
  unsigned flags = 1;
  int active = 0;
  CHECK(cuDevicePrimaryCtxRetain(&again, 0) == kSuccess);
  CHECK(again == session.context());
  CHECK(cuCtxGetCurrent(&current) == kSuccess);
  CHECK(current == again);
  CHECK(cuDevicePrimaryCtxRelease_v2(0) == kSuccess);
  CHECK(cuCtxSynchronize() == kSuccess);
  CHECK(cuDevicePrimaryCtxRelease_v2(0) == kSuccess);
  CHECK(cuDevicePrimaryCtxGetState(0, &flags, &active) == kSuccess);
  CHECK(active == 0);
  CHECK(cuCtxSynchronize() == kContextIsDestroyed);
  CHECK(cuCtxPushCurrent_v2(session.context()) == kInvalidContext);
  CHECK(cuDevicePrimaryCtxRetain(&again, 0) == kSuccess);
  CHECK(again != session.context());
  CHECK(cuCtxSetCurrent(again) == kSuccess);
  CHECK(cuCtxSynchronize() == kSuccess);
  CHECK(cuModuleUnload(session.module()) == kInvalidHandle);
}

TEST_CASE("the device is what it was set to be") {
  Session session;
  int value = 0, minor = 0;
  char name[9];
  std::size_t bytes = 0;
  CHECK(yl_emulator_set("compute_major", 7) == 1);
  CHECK(yl_emulator_set("compute_minor", 2) == 1);
  CHECK(yl_emulator_set("driver_version", 11040) == 1);
  CHECK(yl_emulator_set("colour", 1) == 0);
  CHECK(cuDeviceComputeCapability(&value, &minor, 0) == kSuccess);
  CHECK(value * 10 + minor == 72);
  CHECK(cuDeviceGetAttribute(&value, 75, 0) == kSuccess);
  CHECK(value == 7);
  CHECK(cuDeviceGetAttribute(&value, 10, 0) == kSuccess);
  CHECK(value == 32);
  CHECK(cuDeviceGetAttribute(&value, 0, 0) == kInvalidValue);
  CHECK(cuDriverGetVersion(&value) == kSuccess);
  CHECK(value == 11040);
  CHECK(cuDeviceGetName(name, sizeof name, 0) == kSuccess);
  CHECK(std::string(name) == "Emulated");
  CHECK(cuDeviceTotalMem_v2(&bytes, 0) == kSuccess);
  CHECK(bytes == std::size_t{8} << 30);
}

TEST_CASE("without a device") {
  yl_emulator_reset();
  yl_emulator_set("device_count", 0);
  int count = -1;
  CHECK(cuInit(0) == kNoDevice);
  CHECK(cuDeviceGetCount(&count) == kNotInitialized);
}

TEST_CASE("settings come from the environment") {
  int version = 0;
  setenv("YOLOLOSS_EMULATOR", "driver_version=12020,seed=9", 1);
  yl_emulator_reset();
  CHECK(cuDriverGetVersion(&version) == kSuccess);
  CHECK(version == 12020);
  CHECK(cuInit(0) == kSuccess);
  for (const char* const wrong : {"driver=1", "seed", "seed=", "seed=x", "seed=1x", "=1"}) {
    CAPTURE(wrong);
    setenv("YOLOLOSS_EMULATOR", wrong, 1);
    yl_emulator_reset();
    CHECK(cuInit(0) == kInvalidValue);
    CHECK(contains(fault(), "YOLOLOSS_EMULATOR has \"" + std::string(wrong) + "\""));
  }
  unsetenv("YOLOLOSS_EMULATOR");
  yl_emulator_reset();
  CHECK(cuInit(0) == kSuccess);
}

TEST_CASE("a driver function fails when asked to, and works again") {
  Session session;
  Address address = 0;
  yl_emulator_fail_call("cuMemAlloc", 1, 2, kOutOfMemory);
  CHECK(cuMemAlloc_v2(&address, 4) == kSuccess);
  CHECK(cuMemAlloc_v2(&address, 4) == kOutOfMemory);
  CHECK(cuMemAlloc_v2(&address, 4) == kOutOfMemory);
  CHECK(cuMemAlloc_v2(&address, 4) == kSuccess);
  CHECK(yl_emulator_calls("cuMemAlloc") == 4);
  CHECK(yl_emulator_calls("cuMemAlloc_v2") == 4);
  CHECK(yl_emulator_calls("cuMemFree") == 0);
  yl_emulator_fail_call("cuLaunchKernel", 0, 1, kLaunchOutOfResources);
  CHECK(session.fill(session.floats(32), 32, 1, nullptr) == kLaunchOutOfResources);
  CHECK(session.fill(session.floats(32), 32, 1, nullptr) == kSuccess);
  CHECK(cuCtxSynchronize() == kSuccess);
}

TEST_CASE("a kernel fails on the device when asked to: the error sticks") {
  Session session;
  const auto stream = session.stream(), event = session.event();
  const auto memory = session.floats(32);
  auto* const pinned = session.pinned(1);
  Address address = 0;
  Handle handle = nullptr;
  float host = 0;
  yl_emulator_fail_kernel("fill", 1, kEccUncorrectable);
  CHECK(session.fill(memory, 32, 1, stream) == kSuccess);
  CHECK(session.value(memory, stream) == 1);
  CHECK(session.fill(memory, 32, 2, stream) == kSuccess);
  CHECK(cuEventRecord(event, stream) == kSuccess);
  CHECK(cuEventSynchronize(event) == kEccUncorrectable);
  CHECK(Session::now(memory) == 1);
  CHECK(cuCtxSynchronize() == kEccUncorrectable);
  CHECK(cuMemAlloc_v2(&address, 4) == kEccUncorrectable);
  CHECK(cuMemcpyDtoH_v2(&host, memory, 4) == kEccUncorrectable);
  CHECK(cuStreamCreate(&handle, 0) == kEccUncorrectable);
  CHECK(cuCtxPushCurrent_v2(session.context()) == kEccUncorrectable);
  // What is given back is gone, though this is all that the driver says any more.
  CHECK(cuMemFree_v2(memory) == kEccUncorrectable);
  CHECK(cuMemFreeHost(pinned) == kEccUncorrectable);
  CHECK(cuStreamDestroy_v2(stream) == kEccUncorrectable);
  CHECK(cuEventDestroy_v2(event) == kEccUncorrectable);
  CHECK(cuModuleUnload(session.module()) == kEccUncorrectable);
  CHECK(cuCtxPopCurrent_v2(nullptr) == kSuccess);
  CHECK(cuDevicePrimaryCtxRelease_v2(0) == kEccUncorrectable);
  CHECK(yl_emulator_leak_count() == 0);
  CHECK(words(kEccUncorrectable) == "uncorrectable ECC error encountered");
  CHECK(cuDevicePrimaryCtxRetain(&handle, 0) == kEccUncorrectable);
}

TEST_CASE("a kernel's broken rule loses the context, and is told") {
  Session session;
  const auto stream = session.stream();
  CHECK(session.launch("two_barriers", 1, 64, stream) == kSuccess);
  CHECK(cuStreamSynchronize(stream) == kLaunchFailed);
  CHECK(contains(fault(), "kernel two_barriers, block (0, 0, 0), thread ("));
  CHECK(contains(fault(), "arrives at __syncthreads at "));
  CHECK(words(kLaunchFailed) == "unspecified launch failure; the emulated device says: " + fault());
  CHECK(words(kIllegalAddress) == "an illegal memory access was encountered");
  CHECK(cuStreamQuery(stream) == kLaunchFailed);
}

TEST_CASE("statuses have names") {
  const char* text = nullptr;
  CHECK(cuGetErrorName(kIllegalAddress, &text) == kSuccess);
  CHECK(std::string(text) == "CUDA_ERROR_ILLEGAL_ADDRESS");
  CHECK(cuGetErrorName(kSuccess, &text) == kSuccess);
  CHECK(std::string(text) == "CUDA_SUCCESS");
  CHECK(cuGetErrorName(12345, &text) == kInvalidValue);
  CHECK(text == nullptr);
  CHECK(cuGetErrorString(12345, &text) == kInvalidValue);
  CHECK(cuGetErrorString(0, nullptr) == kInvalidValue);
}

TEST_CASE("images are looked at, kernels are found or hidden") {
  Session session;
  Handle module = nullptr, function = nullptr;
  const unsigned char fatbin[] = {0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0};
  CHECK(cuModuleLoadData(&module, fatbin) == kSuccess);
  CHECK(cuModuleLoadDataEx(&module, fatbin, 0, nullptr, nullptr) == kSuccess);
  CHECK(cuModuleLoadData(&module, "\177ELF and so on") == kInvalidImage);
  CHECK(cuModuleLoadData(&module, "") == kInvalidImage);
  CHECK(cuModuleLoadData(&module, nullptr) == kInvalidValue);
  CHECK(cuModuleGetFunction(&function, module, "no_such_kernel") == kNotFound);
  CHECK(cuModuleGetFunction(&function, module, "fill") == kSuccess);
  yl_emulator_hide_kernel("fill");
  CHECK(cuModuleGetFunction(&function, module, "fill") == kNotFound);
  CHECK(cuModuleGetFunction(&function, nullptr, "block_sum") == kInvalidHandle);
}

TEST_CASE("functions that are not emulated say so") { CHECK(cuMemAdvise(0, 0, 0, 0) == kNotSupported); }

TEST_CASE("arguments are taken apart as the kernel declares them") {
  Session session;
  const auto out = session.floats(1);
  const auto function = session.function("arguments_apart");
  const std::size_t offsets[] = {0, 8, 16, 32, 40}, sizes[] = {1, 8, 16, 2, 8};
  for (std::size_t i = 0; i < 5; ++i) {
    std::size_t offset = 99, size = 99;
    CHECK(cuFuncGetParamInfo(function, i, &offset, &size) == kSuccess);
    CHECK(offset == offsets[i]);
    CHECK(size == sizes[i]);
  }
  std::size_t none = 0;
  CHECK(cuFuncGetParamInfo(function, 5, &none, &none) == kInvalidValue);
  int threads = 0;
  CHECK(cuFuncGetAttribute(&threads, 0, function) == kSuccess);
  CHECK(threads == 32);
  CHECK(cuFuncGetAttribute(&threads, 0, nullptr) == kInvalidHandle);

  struct {
    char small;
    double large;
  } pair{3, 1000};
  CHECK(session.launch("arguments_apart", 1, 32, nullptr, static_cast<char>(1), 20.5, pair, static_cast<short>(-4), out) == kSuccess);
  CHECK(session.value(out, nullptr) == 1020.5F);

  // The other way: one buffer.
  unsigned char buffer[48] = {};
  const double large = 0.25;
  std::memcpy(buffer + 8, &large, 8);
  std::memcpy(buffer + 40, &out, 8);
  std::size_t size = sizeof buffer;
  void* extra[] = {reinterpret_cast<void*>(1), buffer, reinterpret_cast<void*>(2), &size, nullptr};
  CHECK(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, extra) == kSuccess);
  CHECK(session.value(out, nullptr) == 0.25F);
  size = 40;
  CHECK(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, extra) == kInvalidValue);
  CHECK(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, nullptr) == kInvalidValue);
}

TEST_CASE("swapped arguments are found") {
  Session session;
  const auto memory = session.floats(256), sums = session.floats(1);
  CHECK(session.launch("block_sum", 1, 256, nullptr, static_cast<std::uintptr_t>(256), memory, sums) == kSuccess);
  CHECK(cuCtxSynchronize() == kIllegalAddress);
  CHECK(contains(fault(), "kernel block_sum: argument 0 is 0x100, where there are no 4 bytes of device memory"));
}

TEST_CASE("a misaligned argument is found") {
  Session session;
  const auto memory = session.floats(256), sums = session.floats(1);
  CHECK(session.launch("block_sum", 1, 256, nullptr, memory + 2, 10, sums) == kSuccess);
  CHECK(cuCtxSynchronize() == kMisalignedAddress);
  CHECK(contains(fault(), ", not a multiple of 4"));
}

TEST_CASE("bounds of a launch") {
  Session session;
  const auto function = session.function("two_barriers");
  const auto launch = [&](unsigned x, unsigned y, unsigned z, unsigned bx, unsigned by, unsigned bz, unsigned shared) {
    return cuLaunchKernel(function, x, y, z, bx, by, bz, shared, nullptr, nullptr, nullptr);
  };
  CHECK(launch(0, 1, 1, 32, 1, 1, 0) == kInvalidValue);
  CHECK(launch(1, 65536, 1, 32, 1, 1, 0) == kInvalidValue);
  CHECK(launch(1, 1, 1, 0, 1, 1, 0) == kInvalidValue);
  CHECK(launch(1, 1, 1, 257, 1, 1, 0) == kInvalidValue);  // more than its bound
  CHECK(launch(1, 1, 1, 1, 1, 65, 0) == kInvalidValue);
  CHECK(launch(1, 1, 1, 32, 1, 1, 16) == kInvalidValue);
  CHECK(cuLaunchKernel(nullptr, 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, nullptr) == kInvalidHandle);
  CHECK(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, &session, nullptr, nullptr) == kInvalidHandle);
  CHECK(yl_emulator_pending() == 0);
}
