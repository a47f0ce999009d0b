#include <cstdio>

#include "../emulator.h"
#include "call.h"

namespace {

using yololoss::emulator::Device;
using yololoss::emulator::Status;

template <typename Body>
auto locked(Body body) {
  auto& device = Device::instance();
  const std::lock_guard lock(device.mutex);
  return body(device);
}

__attribute__((destructor)) void tell_leaks() {
  auto& device = Device::instance();
  const std::unique_lock lock(device.mutex, std::try_to_lock);
  if (lock.owns_lock() && device.leak_count() > 0)
    std::fprintf(stderr, "yololoss emulated device: never given back:\n%s", device.leaks().c_str());
}

}  // namespace

void yl_emulator_reset() {
  locked([](Device& device) { device.reset(); });
}

int yl_emulator_set(const char* setting, int64_t value) {
  return locked([&](Device& device) { return device.set(setting, value) ? 1 : 0; });
}

void yl_emulator_fail_call(const char* function, int64_t skip, int64_t times, int status) {
  locked([&](Device& device) { device.fail_call(function, skip, times, static_cast<Status>(status)); });
}

void yl_emulator_fail_kernel(const char* kernel, int64_t skip, int status) {
  locked([&](Device& device) { device.fail_kernel(kernel, skip, static_cast<Status>(status)); });
}

void yl_emulator_hide_kernel(const char* kernel) {
  locked([&](Device& device) { device.hide_kernel(kernel); });
}

int64_t yl_emulator_calls(const char* function) {
  return locked([&](Device& device) { return device.calls(function); });
}

int64_t yl_emulator_pending() {
  return locked([](Device& device) { return static_cast<int64_t>(device.queue.pending()); });
}

int64_t yl_emulator_check() {
  return locked([](Device& device) {
    device.check_memory("yl_emulator_check", true);
    return static_cast<int64_t>(device.faults().size());
  });
}

const char* yl_emulator_fault(int64_t number) {
  return locked([&](Device& device) -> const char* {
    const auto& faults = device.faults();
    return number < 0 || number >= static_cast<int64_t>(faults.size()) ? nullptr : faults[static_cast<std::size_t>(number)].c_str();
  });
}

int64_t yl_emulator_leak_count() {
  return locked([](Device& device) { return static_cast<int64_t>(device.leak_count()); });
}

const char* yl_emulator_leaks() {
  thread_local std::string text;
  text = locked([](Device& device) { return device.leaks(); });
  return text.c_str();
}

// What the generated functions of stubs.cpp answer.
namespace yololoss::emulator {

int not_emulated(const char* function) {
  std::fprintf(stderr, "yololoss emulated device: %s is not emulated\n", function);
  return kNotSupported;
}

}  // namespace yololoss::emulator
