// The driver's functions as a test calls them, and a session with the emulated device that starts from nothing.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "driver/status.h"
#include "emulator.h"

using Handle = void*;
using Address = std::uintptr_t;

extern "C" {
int cuInit(unsigned);
int cuDriverGetVersion(int*);
int cuDeviceGetCount(int*);
int cuDeviceGet(int*, int);
int cuDeviceGetName(char*, int, int);
int cuDeviceGetAttribute(int*, int, int);
int cuDeviceComputeCapability(int*, int*, int);
int cuDeviceTotalMem_v2(std::size_t*, int);
int cuDevicePrimaryCtxRetain(Handle*, int);
int cuDevicePrimaryCtxRelease_v2(int);
int cuDevicePrimaryCtxGetState(int, unsigned*, int*);
int cuCtxPushCurrent_v2(Handle);
int cuCtxPopCurrent_v2(Handle*);
int cuCtxSetCurrent(Handle);
int cuCtxGetCurrent(Handle*);
int cuCtxGetDevice(int*);
int cuCtxSynchronize();
int cuGetErrorName(int, const char**);
int cuGetErrorString(int, const char**);
int cuModuleLoadData(Handle*, const void*);
int cuModuleLoadDataEx(Handle*, const void*, unsigned, int*, void**);
int cuModuleUnload(Handle);
int cuModuleGetFunction(Handle*, Handle, const char*);
int cuFuncGetParamInfo(Handle, std::size_t, std::size_t*, std::size_t*);
int cuFuncGetAttribute(int*, int, Handle);
int cuLaunchKernel(Handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, Handle, void**, void**);
int cuMemAlloc_v2(Address*, std::size_t);
int cuMemFree_v2(Address);
int cuMemGetInfo_v2(std::size_t*, std::size_t*);
int cuMemGetAddressRange_v2(Address*, std::size_t*, Address);
int cuMemHostAlloc(void**, std::size_t, unsigned);
int cuMemAllocHost_v2(void**, std::size_t);
int cuMemFreeHost(void*);
int cuMemHostGetDevicePointer_v2(Address*, void*, unsigned);
int cuPointerGetAttribute(void*, int, Address);
int cuMemcpyHtoDAsync_v2(Address, const void*, std::size_t, Handle);
int cuMemcpyHtoD_v2(Address, const void*, std::size_t);
int cuMemcpyDtoHAsync_v2(void*, Address, std::size_t, Handle);
int cuMemcpyDtoH_v2(void*, Address, std::size_t);
int cuMemcpyDtoDAsync_v2(Address, Address, std::size_t, Handle);
int cuMemcpyDtoD_v2(Address, Address, std::size_t);
int cuMemsetD8Async(Address, unsigned char, std::size_t, Handle);
int cuMemsetD16Async(Address, unsigned short, std::size_t, Handle);
int cuMemsetD32Async(Address, unsigned, std::size_t, Handle);
int cuMemsetD8_v2(Address, unsigned char, std::size_t);
int cuMemsetD32_v2(Address, unsigned, std::size_t);
int cuStreamCreate(Handle*, unsigned);
int cuStreamDestroy_v2(Handle);
int cuStreamSynchronize(Handle);
int cuStreamQuery(Handle);
int cuStreamWaitEvent(Handle, Handle, unsigned);
int cuStreamIsCapturing(Handle, int*);
int cuStreamBeginCapture_v2(Handle, int);
int cuStreamEndCapture(Handle, Handle*);
int cuEventCreate(Handle*, unsigned);
int cuEventDestroy_v2(Handle);
int cuEventRecord(Handle, Handle);
int cuEventRecordWithFlags(Handle, Handle, unsigned);
int cuEventSynchronize(Handle);
int cuEventQuery(Handle);
int cuEventElapsedTime(float*, Handle, Handle);
int cuGraphInstantiateWithFlags(Handle*, Handle, unsigned long long);
int cuGraphLaunch(Handle, Handle);
int cuGraphGetNodes(Handle, void**, std::size_t*);
int cuGraphExecDestroy(Handle);
int cuGraphDestroy(Handle);
}

namespace yololoss::emulator::test {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kAccessesAreChecked = true;  // a write out of bounds ends the process at once
#else
constexpr bool kAccessesAreChecked = false;
#endif

constexpr unsigned kNonBlocking = 1, kGlobal = 0, kThreadLocal = 1, kRelaxed = 2, kExternal = 1;

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline std::string fault(int number = 0) {
  const char* const text = yl_emulator_fault(number);
  return text == nullptr ? "" : text;
}

// One context, current to this thread, on a device that has forgotten everything.
class Session {
 public:
  explicit Session(std::int64_t seed = 1) {
    yl_emulator_reset();
    yl_emulator_set("seed", seed);
    REQUIRE(cuInit(0) == kSuccess);
    REQUIRE(cuDevicePrimaryCtxRetain(&context_, 0) == kSuccess);
    REQUIRE(cuCtxPushCurrent_v2(context_) == kSuccess);
    REQUIRE(cuModuleLoadData(&module_, YOLOLOSS_EMULATED_IMAGE) == kSuccess);
  }
  ~Session() {
    cuCtxPopCurrent_v2(nullptr);
    yl_emulator_reset();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Handle context() const { return context_; }
  Handle module() const { return module_; }

  Address floats(std::size_t count) { return memory(count * sizeof(float)); }
  Address memory(std::size_t bytes) {
    Address address = 0;
    REQUIRE(cuMemAlloc_v2(&address, bytes) == kSuccess);
    return address;
  }
  float* pinned(std::size_t count) {
    void* memory = nullptr;
    REQUIRE(cuMemHostAlloc(&memory, count * sizeof(float), 0) == kSuccess);
    return static_cast<float*>(memory);
  }
  Handle stream(unsigned flags = kNonBlocking) {
    Handle stream = nullptr;
    REQUIRE(cuStreamCreate(&stream, flags) == kSuccess);
    return stream;
  }
  Handle event(unsigned flags = 0) {
    Handle event = nullptr;
    REQUIRE(cuEventCreate(&event, flags) == kSuccess);
    return event;
  }
  Handle function(const char* name) {
    Handle function = nullptr;
    REQUIRE(cuModuleGetFunction(&function, module_, name) == kSuccess);
    return function;
  }
  template <typename... Arguments>
  int launch(const char* name, unsigned blocks, unsigned threads, Handle stream, Arguments... arguments) {
    void* parameters[] = {&arguments..., nullptr};
    return cuLaunchKernel(function(name), blocks, 1, 1, threads, 1, 1, 0, stream, parameters, nullptr);
  }
  // Fills with a value, on a stream.
  int fill(Address to, int count, float value, Handle stream) { return launch("fill", 1, 32, stream, count, value, to); }
  // The first value there, once the stream is done.
  float value(Address at, Handle stream) {
    float value = 0;
    REQUIRE(cuMemcpyDtoHAsync_v2(&value, at, sizeof value, stream) == kSuccess);
    return value;
  }
  // What lies there now, whatever is not done yet.
  static float now(Address at) {
    float value = 0;
    std::memcpy(&value, reinterpret_cast<const void*>(at), sizeof value);
    return value;
  }
  // Captures what the body puts on a stream.
  template <typename Body>
  Handle captured(Handle stream, Body body) {
    Handle graph = nullptr, executable = nullptr;
    REQUIRE(cuStreamBeginCapture_v2(stream, kThreadLocal) == kSuccess);
    body();
    REQUIRE(cuStreamEndCapture(stream, &graph) == kSuccess);
    REQUIRE(cuGraphInstantiateWithFlags(&executable, graph, 0) == kSuccess);
    REQUIRE(cuGraphDestroy(graph) == kSuccess);
    return executable;
  }

 private:
  Handle context_ = nullptr, module_ = nullptr;
};

}  // namespace yololoss::emulator::test
