// cuMem*, cuPointerGetAttribute.
#include <cstring>

#include "call.h"

using yololoss::emulator::answer_for;
using yololoss::emulator::call;
using yololoss::emulator::Device;
using yololoss::emulator::kCaptureUnsupported;
using yololoss::emulator::kInvalidValue;
using yololoss::emulator::Needs;
using yololoss::emulator::out;
using yololoss::emulator::PendingPointer;
using yololoss::emulator::Place;
using yololoss::emulator::present;
using yololoss::emulator::Range;
using yololoss::emulator::Refusal;
using yololoss::emulator::Stream;
using yololoss::emulator::Work;

namespace {

using Address = std::uintptr_t;  // CUdeviceptr

Address address_of(const void* host) { return reinterpret_cast<Address>(host); }

Work copy_work(const char* function, Address to, Address from, std::size_t bytes) {
  return {.kind = Work::Kind::copy, .call = function, .to = to, .from = from, .bytes = bytes};
}

// Pageable memory is read when the function is called, as a real driver stages it.
void copy_to_device(Device& device, const char* function, Address to, const void* from, std::size_t bytes, Stream& stream, bool wait) {
  if (bytes == 0) return;
  present(from);
  device.device_range({to, bytes});
  auto work = copy_work(function, to, address_of(from), bytes);
  if (device.pinned_range({work.from, bytes}) != nullptr) {
    work.source = Place::pinned;
  } else {
    if (stream.capture != nullptr) device.refuse_captured(stream);
    const auto* const first = static_cast<const std::byte*>(from);
    work.source = Place::pageable;
    work.pageable = std::make_shared<const std::vector<std::byte>>(first, first + bytes);
  }
  const auto operation = device.put(stream, std::move(work));
  if (wait) device.queue.finish(operation);
}

// Into pageable memory the copy is done when the function returns.
void copy_to_host(Device& device, const char* function, void* to, Address from, std::size_t bytes, Stream& stream, bool wait) {
  if (bytes == 0) return;
  present(to);
  device.device_range({from, bytes});
  auto work = copy_work(function, address_of(to), from, bytes);
  const bool pinned = device.pinned_range({work.to, bytes}) != nullptr;
  if (!pinned && stream.capture != nullptr) device.refuse_captured(stream);
  work.target = pinned ? Place::pinned : Place::pageable;
  const auto operation = device.put(stream, std::move(work));
  if (wait || !pinned) device.queue.finish(operation);
}

void copy_on_device(Device& device, const char* function, Address to, Address from, std::size_t bytes, Stream& stream) {
  if (bytes == 0) return;
  device.device_range({to, bytes});
  device.device_range({from, bytes});
  device.put(stream, copy_work(function, to, from, bytes));
}

void fill(Device& device, const char* function, Address to, Address value, std::size_t width, std::size_t count, Stream& stream) {
  if (count == 0) return;
  if (to % width != 0) throw Refusal{kInvalidValue};
  device.device_range({to, count * width});
  device.put(stream, {.kind = Work::Kind::fill, .call = function, .to = to, .from = value, .bytes = count * width, .width = width});
}

// The functions without a stream work on the legacy one.
Stream& legacy(Device& device) {
  device.refuse_while_capturing();
  return device.stream(nullptr);
}

}  // namespace

YOLOLOSS_DRIVER_FUNCTION cuMemAlloc_v2(Address* address, std::size_t bytes) {
  return call("cuMemAlloc", Needs::context, [&](Device& device) {
    device.refuse_while_capturing();
    out(address) = device.allocate(bytes, false)->range.begin;
  });
}

YOLOLOSS_DRIVER_FUNCTION cuMemFree_v2(Address address) {
  return call("cuMemFree", Needs::ending, [&](Device& device) {
    device.refuse_while_capturing();
    device.free(address, false, "cuMemFree");
  });
}

YOLOLOSS_DRIVER_FUNCTION cuMemGetInfo_v2(std::size_t* available, std::size_t* total) {
  return call("cuMemGetInfo", Needs::context, [&](Device& device) {
    out(total) = static_cast<std::size_t>(device.settings.total_memory);
    out(available) = *total - device.memory.device_bytes();
  });
}

YOLOLOSS_DRIVER_FUNCTION cuMemHostAlloc(void** memory, std::size_t bytes, unsigned) {
  return call("cuMemHostAlloc", Needs::context, [&](Device& device) {
    device.refuse_while_capturing();
    out(memory) = reinterpret_cast<void*>(device.allocate(bytes, true)->range.begin);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuMemAllocHost_v2(void** memory, std::size_t bytes) {
  return call("cuMemAllocHost", Needs::context, [&](Device& device) {
    device.refuse_while_capturing();
    out(memory) = reinterpret_cast<void*>(device.allocate(bytes, true)->range.begin);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuMemFreeHost(void* memory) {
  return call("cuMemFreeHost", Needs::ending, [&](Device& device) {
    device.refuse_while_capturing();
    device.free(address_of(memory), true, "cuMemFreeHost");
  });
}

YOLOLOSS_DRIVER_FUNCTION cuMemHostGetDevicePointer_v2(Address* address, void* memory, unsigned flags) {
  return call("cuMemHostGetDevicePointer", Needs::context, [&](Device& device) {
    if (flags != 0 || device.pinned_range({address_of(memory), 1}) == nullptr) throw Refusal{kInvalidValue};
    out(address) = address_of(memory);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuMemGetAddressRange_v2(Address* base, std::size_t* bytes, Address address) {
  return call("cuMemGetAddressRange", Needs::context, [&](Device& device) {
    const auto& found = device.device_range({address, 1});
    if (base != nullptr) *base = found.range.begin;
    if (bytes != nullptr) *bytes = found.range.bytes;
  });
}

YOLOLOSS_DRIVER_FUNCTION cuPointerGetAttribute(void* value, int attribute, Address address) {
  return call("cuPointerGetAttribute", Needs::initialised, [&](Device& device) {
    const auto* const found = device.memory.find(address);
    if (value == nullptr || found == nullptr || !found->range.contains({address, 1})) throw Refusal{kInvalidValue};
    const auto answer = [&](const auto& what) { std::memcpy(value, &what, sizeof what); };
    switch (attribute) {
      case 2:
        return answer(found->pinned ? 1U : 2U);  // memory type: host or device
      case 3:
        return answer(address);  // device pointer
      case 4:                    // host pointer
        if (!found->pinned) throw Refusal{kInvalidValue};
        return answer(address);
      case 7:
        return answer(static_cast<unsigned long long>(found->number));  // buffer id
      case 8:
        return answer(0U);  // managed
      case 9:
        return answer(0);  // device ordinal
      case 11:
        return answer(found->range.begin);
      case 12:
        return answer(found->range.bytes);
      default:
        throw Refusal{kInvalidValue};
    }
  });
}

// ---- Copies

YOLOLOSS_DRIVER_FUNCTION cuMemcpyHtoDAsync_v2(Address to, const void* from, std::size_t bytes, Stream* stream) {
  return call("cuMemcpyHtoDAsync", Needs::context,
              [&](Device& device) { copy_to_device(device, "cuMemcpyHtoDAsync", to, from, bytes, device.stream(stream), false); });
}

YOLOLOSS_DRIVER_FUNCTION cuMemcpyHtoD_v2(Address to, const void* from, std::size_t bytes) {
  return call("cuMemcpyHtoD", Needs::context, [&](Device& device) {
    copy_to_device(device, "cuMemcpyHtoD", to, from, bytes, legacy(device), true);
    answer_for(device);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuMemcpyDtoHAsync_v2(void* to, Address from, std::size_t bytes, Stream* stream) {
  return call("cuMemcpyDtoHAsync", Needs::context, [&](Device& device) {
    copy_to_host(device, "cuMemcpyDtoHAsync", to, from, bytes, device.stream(stream), false);
    answer_for(device);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuMemcpyDtoH_v2(void* to, Address from, std::size_t bytes) {
  return call("cuMemcpyDtoH", Needs::context, [&](Device& device) {
    copy_to_host(device, "cuMemcpyDtoH", to, from, bytes, legacy(device), true);
    answer_for(device);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuMemcpyDtoDAsync_v2(Address to, Address from, std::size_t bytes, Stream* stream) {
  return call("cuMemcpyDtoDAsync", Needs::context,
              [&](Device& device) { copy_on_device(device, "cuMemcpyDtoDAsync", to, from, bytes, device.stream(stream)); });
}

YOLOLOSS_DRIVER_FUNCTION cuMemcpyDtoD_v2(Address to, Address from, std::size_t bytes) {
  return call("cuMemcpyDtoD", Needs::context,
              [&](Device& device) { copy_on_device(device, "cuMemcpyDtoD", to, from, bytes, legacy(device)); });
}

// ---- Fills

YOLOLOSS_DRIVER_FUNCTION cuMemsetD8Async(Address to, unsigned char value, std::size_t count, Stream* stream) {
  return call("cuMemsetD8Async", Needs::context,
              [&](Device& device) { fill(device, "cuMemsetD8Async", to, value, 1, count, device.stream(stream)); });
}

YOLOLOSS_DRIVER_FUNCTION cuMemsetD16Async(Address to, unsigned short value, std::size_t count, Stream* stream) {
  return call("cuMemsetD16Async", Needs::context,
              [&](Device& device) { fill(device, "cuMemsetD16Async", to, value, 2, count, device.stream(stream)); });
}

YOLOLOSS_DRIVER_FUNCTION cuMemsetD32Async(Address to, unsigned value, std::size_t count, Stream* stream) {
  return call("cuMemsetD32Async", Needs::context,
              [&](Device& device) { fill(device, "cuMemsetD32Async", to, value, 4, count, device.stream(stream)); });
}

YOLOLOSS_DRIVER_FUNCTION cuMemsetD8_v2(Address to, unsigned char value, std::size_t count) {
  return call("cuMemsetD8", Needs::context, [&](Device& device) { fill(device, "cuMemsetD8", to, value, 1, count, legacy(device)); });
}

YOLOLOSS_DRIVER_FUNCTION cuMemsetD16_v2(Address to, unsigned short value, std::size_t count) {
  return call("cuMemsetD16", Needs::context, [&](Device& device) { fill(device, "cuMemsetD16", to, value, 2, count, legacy(device)); });
}

YOLOLOSS_DRIVER_FUNCTION cuMemsetD32_v2(Address to, unsigned value, std::size_t count) {
  return call("cuMemsetD32", Needs::context, [&](Device& device) { fill(device, "cuMemsetD32", to, value, 4, count, legacy(device)); });
}
