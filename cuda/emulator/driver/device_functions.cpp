// cuInit, cuDriver*, cuDevice*, cuCtx*, cuGetError*.
#include <algorithm>
#include <array>
#include <cstring>
#include <deque>

#include "call.h"

namespace yololoss::emulator {

std::vector<Context*>& current_contexts() {
  thread_local std::vector<Context*> contexts;
  return contexts;
}

void require(Device& device, Needs needs) {
  if (needs == Needs::nothing) return;
  if (!device.initialised) throw Refusal{kNotInitialized};
  if (needs == Needs::initialised) return;
  if (current_contexts().empty()) throw Refusal{kInvalidContext};
  if (!device.alive(current_contexts().back())) throw Refusal{kContextIsDestroyed};
  if (needs == Needs::context) answer_for(device);
}

namespace {

constexpr const char* kName = "Emulated device";

void check_device(const Device& device, int number) {
  if (number < 0 || number >= device.settings.device_count) throw Refusal{kInvalidDevice};
}

int attribute(const Settings& settings, int number) {
  switch (number) {
    case 1:
      return static_cast<int>(kMaxThreadsPerBlock);  // threads per block
    case 2:
      return 1024;  // block x
    case 3:
      return 1024;  // block y
    case 4:
      return 64;  // block z
    case 5:
      return 0x7FFFFFFF;  // grid x
    case 6:
      return 65535;  // grid y
    case 7:
      return 65535;  // grid z
    case 8:
      return 48 * 1024;  // shared memory per block
    case 9:
      return 64 * 1024;  // constant memory
    case 10:
      return static_cast<int>(kWarpSize);  // warp
    case 11:
      return 0x7FFFFFFF;  // pitch
    case 12:
      return 65536;  // registers per block
    case 13:
      return 1000000;  // clock in kHz
    case 16:
      return 4;  // multiprocessors
    case 19:
      return 1;  // can map host memory
    case 31:
      return 1;  // concurrent kernels
    case 36:
      return 1000000;  // memory clock in kHz
    case 37:
      return 256;  // memory bus in bits
    case 38:
      return 4 << 20;  // L2 cache
    case 39:
      return 2048;  // threads per multiprocessor
    case 40:
      return 1;  // asynchronous engines
    case 41:
      return 1;  // unified addressing
    case 75:
      return static_cast<int>(settings.compute_major);
    case 76:
      return static_cast<int>(settings.compute_minor);
    case 81:
      return 64 * 1024;  // shared memory per multiprocessor
    case 82:
      return 65536;  // registers per multiprocessor
    default:
      return 0;
  }
}

}  // namespace
}  // namespace yololoss::emulator

using namespace yololoss::emulator;

YOLOLOSS_DRIVER_FUNCTION cuInit(unsigned flags) {
  return call("cuInit", Needs::nothing, [&](Device& device) {
    if (flags != 0) throw Refusal{kInvalidValue};
    answer_for(device);
    if (device.settings.device_count == 0) throw Refusal{kNoDevice};
    device.initialised = true;
  });
}

YOLOLOSS_DRIVER_FUNCTION cuDriverGetVersion(int* version) {
  return call("cuDriverGetVersion", Needs::nothing,
              [&](Device& device) { out(version) = static_cast<int>(device.settings.driver_version); });
}

YOLOLOSS_DRIVER_FUNCTION cuDeviceGetCount(int* count) {
  return call("cuDeviceGetCount", Needs::initialised, [&](Device& device) { out(count) = static_cast<int>(device.settings.device_count); });
}

YOLOLOSS_DRIVER_FUNCTION cuDeviceGet(int* number, int ordinal) {
  return call("cuDeviceGet", Needs::initialised, [&](Device& device) {
    check_device(device, ordinal);
    out(number) = ordinal;
  });
}

YOLOLOSS_DRIVER_FUNCTION cuDeviceGetName(char* name, int size, int number) {
  return call("cuDeviceGetName", Needs::initialised, [&](Device& device) {
    check_device(device, number);
    if (name == nullptr || size <= 0) throw Refusal{kInvalidValue};
    const auto length = std::min(std::strlen(kName), static_cast<std::size_t>(size) - 1);
    std::memcpy(name, kName, length);
    name[length] = '\0';
  });
}

YOLOLOSS_DRIVER_FUNCTION cuDeviceGetAttribute(int* value, int number, int device_number) {
  return call("cuDeviceGetAttribute", Needs::initialised, [&](Device& device) {
    check_device(device, device_number);
    if (number < 1 || number > 200) throw Refusal{kInvalidValue};
    out(value) = attribute(device.settings, number);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuDeviceComputeCapability(int* major, int* minor, int number) {
  return call("cuDeviceComputeCapability", Needs::initialised, [&](Device& device) {
    check_device(device, number);
    out(major) = static_cast<int>(device.settings.compute_major);
    out(minor) = static_cast<int>(device.settings.compute_minor);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuDeviceTotalMem_v2(std::size_t* bytes, int number) {
  return call("cuDeviceTotalMem", Needs::initialised, [&](Device& device) {
    check_device(device, number);
    out(bytes) = static_cast<std::size_t>(device.settings.total_memory);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuDevicePrimaryCtxRetain(Context** context, int number) {
  return call("cuDevicePrimaryCtxRetain", Needs::initialised, [&](Device& device) {
    check_device(device, number);
    answer_for(device);
    out(context) = device.retain();
  });
}

YOLOLOSS_DRIVER_FUNCTION cuDevicePrimaryCtxRelease_v2(int number) {
  return call("cuDevicePrimaryCtxRelease", Needs::initialised, [&](Device& device) {
    check_device(device, number);
    device.release();
    answer_for(device);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuDevicePrimaryCtxGetState(int number, unsigned* flags, int* active) {
  return call("cuDevicePrimaryCtxGetState", Needs::initialised, [&](Device& device) {
    check_device(device, number);
    out(flags) = 0;
    out(active) = device.retained() > 0 ? 1 : 0;
  });
}

YOLOLOSS_DRIVER_FUNCTION cuCtxPushCurrent_v2(Context* context) {
  return call("cuCtxPushCurrent", Needs::initialised, [&](Device& device) {
    if (!device.alive(context)) throw Refusal{kInvalidContext};
    answer_for(device);
    current_contexts().push_back(context);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuCtxPopCurrent_v2(Context** context) {
  return call("cuCtxPopCurrent", Needs::initialised, [&](Device&) {
    if (current_contexts().empty()) throw Refusal{kInvalidContext};
    if (context != nullptr) *context = current_contexts().back();
    current_contexts().pop_back();
  });
}

YOLOLOSS_DRIVER_FUNCTION cuCtxSetCurrent(Context* context) {
  return call("cuCtxSetCurrent", Needs::initialised, [&](Device& device) {
    if (context != nullptr && !device.alive(context)) throw Refusal{kInvalidContext};
    if (!current_contexts().empty()) current_contexts().pop_back();
    if (context != nullptr) current_contexts().push_back(context);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuCtxGetCurrent(Context** context) {
  return call("cuCtxGetCurrent", Needs::initialised,
              [&](Device&) { out(context) = current_contexts().empty() ? nullptr : current_contexts().back(); });
}

YOLOLOSS_DRIVER_FUNCTION cuCtxGetDevice(int* number) {
  return call("cuCtxGetDevice", Needs::context, [&](Device&) { out(number) = 0; });
}

YOLOLOSS_DRIVER_FUNCTION cuCtxSynchronize() {
  return call("cuCtxSynchronize", Needs::context, [&](Device& device) {
    device.refuse_any_capture();
    device.queue.finish_all();
    answer_for(device);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuGetErrorName(int status, const char** text) {
  if (text == nullptr) return kInvalidValue;
  *text = name_of(status);
  return *text == nullptr ? kInvalidValue : kSuccess;
}

// Of the status that a broken rule has left: which rule that was, too.
YOLOLOSS_DRIVER_FUNCTION cuGetErrorString(int status, const char** text) {
  if (text == nullptr) return kInvalidValue;
  *text = meaning_of(status);
  if (*text == nullptr) return kInvalidValue;
  auto& device = Device::instance();
  const std::lock_guard lock(device.mutex);
  if (status != kSuccess && status == device.sticky() && !device.faults().empty()) {
    static auto* const texts = new std::deque<std::string>;  // callers keep what they got
    const auto whole = std::string(*text) + "; the emulated device says: " + device.faults().front();
    auto known = std::find(texts->begin(), texts->end(), whole);
    if (known == texts->end()) known = texts->insert(texts->end(), whole);
    *text = known->c_str();
  }
  return kSuccess;
}
