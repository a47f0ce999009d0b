// How every function of the driver begins and ends.
#pragma once

#include <exception>
#include <mutex>
#include <new>
#include <vector>

#include "device.h"

#define YOLOLOSS_DRIVER_FUNCTION extern "C" __attribute__((visibility("default"))) int

namespace yololoss::emulator {

// What a function needs before it does anything.
enum class Needs : std::uint8_t {
  nothing,
  initialised,
  context,  // a current context that was not lost
  ending,   // as context, for what gives something back: done with a lost context too, though that is what it answers
};

// The contexts that the calling thread has pushed, the current one last.
std::vector<Context*>& current_contexts();
void require(Device& device, Needs needs);

template <typename Body>
int call(const char* function, Needs needs, Body body) noexcept {
  auto& device = Device::instance();
  const std::lock_guard lock(device.mutex);
  try {
    device.count(function);
    device.inject(function);
    require(device, needs);
    body(device);
    return needs == Needs::ending ? device.sticky() : kSuccess;
  } catch (const Refusal& refusal) {
    return needs == Needs::ending && device.sticky() != kSuccess ? device.sticky() : refusal.status;
  } catch (const std::bad_alloc&) {
    return kOutOfMemory;
  } catch (const std::exception& unexpected) {
    device.fault(kUnknown, std::string(function) + ": " + unexpected.what());
    return kUnknown;
  }
}

// Where an answer goes; CUDA refuses null.
template <typename T>
T& out(T* at) {
  if (at == nullptr) throw Refusal{kInvalidValue};
  return *at;
}

inline void present(const void* at) {
  if (at == nullptr) throw Refusal{kInvalidValue};
}

template <typename T>
std::shared_ptr<T> valid(const Handles<T>& handles, const T* handle) {
  auto object = handles.find(handle);
  if (object == nullptr) throw Refusal{kInvalidHandle};
  return object;
}

// What the functions that wait answer when the device was lost meanwhile.
inline void answer_for(const Device& device) {
  if (device.sticky() != kSuccess) throw Refusal{device.sticky()};
}

}  // namespace yololoss::emulator
