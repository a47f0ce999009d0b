// Device memory and pinned memory: poison, bounds, use after free, leaks.
#include <cmath>

#include "driver.h"

using namespace yololoss::emulator;
using namespace yololoss::emulator::test;

TEST_CASE("fresh memory is no number") {
  Session session;
  std::vector<float> values(1000, 1.0F);
  CHECK(cuMemcpyDtoH_v2(values.data(), session.floats(1000), 4000) == kSuccess);
  for (const auto value : values) CHECK(std::isnan(value));
  std::vector<double> doubles(100, 1.0);
  CHECK(cuMemcpyDtoH_v2(doubles.data(), session.memory(800), 800) == kSuccess);
  for (const auto value : doubles) CHECK(std::isnan(value));
  CHECK(std::isnan(session.pinned(1)[0]));
}

TEST_CASE("memory is aligned as a real driver's, and as large as asked for") {
  Session session;
  const auto address = session.memory(1001);
  Address base = 0;
  std::size_t bytes = 0;
  CHECK(address % 256 == 0);
  CHECK(cuMemGetAddressRange_v2(&base, &bytes, address + 1000) == kSuccess);
  CHECK(base == address);
  CHECK(bytes == 1001);
  CHECK(cuMemGetAddressRange_v2(&base, &bytes, address + 1001) == kInvalidValue);
}

TEST_CASE("copies and fills stay inside live memory") {
  Session session;
  std::vector<float> host(101);
  const auto a = session.floats(100), b = session.floats(100);
  CHECK(cuMemcpyHtoD_v2(a, host.data(), 400) == kSuccess);
  CHECK(cuMemcpyHtoD_v2(a, host.data(), 401) == kInvalidValue);
  CHECK(cuMemcpyHtoD_v2(a + 4, host.data(), 400) == kInvalidValue);
  CHECK(cuMemcpyHtoD_v2(a - 4, host.data(), 4) == kInvalidValue);
  CHECK(cuMemcpyHtoD_v2(a + 399, host.data(), 1) == kSuccess);
  CHECK(cuMemcpyHtoD_v2(12345, host.data(), 4) == kInvalidValue);
  CHECK(cuMemcpyHtoD_v2(a, nullptr, 4) == kInvalidValue);
  CHECK(cuMemcpyHtoD_v2(a, host.data(), 0) == kSuccess);
  CHECK(cuMemcpyDtoH_v2(host.data(), a, 401) == kInvalidValue);
  CHECK(cuMemcpyDtoD_v2(a, b + 1, 400) == kInvalidValue);
  CHECK(cuMemcpyDtoD_v2(a + 1, b, 400) == kInvalidValue);
  CHECK(cuMemcpyDtoD_v2(a, b, 400) == kSuccess);
  CHECK(cuMemsetD8_v2(a, 0, 401) == kInvalidValue);
  CHECK(cuMemsetD32_v2(a, 0, 101) == kInvalidValue);
  CHECK(cuMemsetD32_v2(a + 2, 0, 1) == kInvalidValue);
  CHECK(cuMemsetD32_v2(a, 0x3F800000, 100) == kSuccess);
  CHECK(session.value(a + 396, nullptr) == 1.0F);
  CHECK(cuMemsetD16Async(a, 0x4000, 200, nullptr) == kSuccess);
  CHECK(session.value(a, nullptr) == 2.00390625F);
  auto* const pinned = session.pinned(10);
  CHECK(cuMemcpyHtoD_v2(a, pinned, 44) == kInvalidValue);
  CHECK(cuMemcpyDtoH_v2(pinned + 9, a, 8) == kInvalidValue);
  CHECK(fault().empty());
}

TEST_CASE("free takes what alloc gave, once") {
  Session session;
  const auto address = session.memory(100);
  auto* const pinned = session.pinned(1);
  CHECK(cuMemFree_v2(address + 1) == kInvalidValue);
  CHECK(cuMemFree_v2(reinterpret_cast<Address>(pinned)) == kInvalidValue);
  CHECK(cuMemFreeHost(reinterpret_cast<void*>(address)) == kInvalidValue);
  CHECK(cuMemFree_v2(address) == kSuccess);
  CHECK(cuMemFree_v2(address) == kInvalidValue);
  CHECK(cuMemFreeHost(pinned) == kSuccess);
  CHECK(cuMemFreeHost(pinned) == kInvalidValue);
  CHECK(cuMemFree_v2(0) == kInvalidValue);
  int byte = 0;
  CHECK(cuMemcpyDtoH_v2(&byte, address, 1) == kInvalidValue);
}

TEST_CASE("memory runs out, and comes back") {
  Session session;
  yl_emulator_set("total_memory", 1000);
  std::size_t available = 0, total = 0;
  Address address = 0, more = 0;
  CHECK(cuMemAlloc_v2(&address, 0) == kInvalidValue);
  CHECK(cuMemAlloc_v2(&address, 1001) == kOutOfMemory);
  CHECK(cuMemAlloc_v2(&address, 600) == kSuccess);
  CHECK(cuMemAlloc_v2(&more, 600) == kOutOfMemory);
  CHECK(cuMemGetInfo_v2(&available, &total) == kSuccess);
  CHECK(available == 400);
  CHECK(total == 1000);
  CHECK(cuMemFree_v2(address) == kSuccess);
  CHECK(cuMemAlloc_v2(&more, 600) == kSuccess);
}

TEST_CASE("pointers know what they are") {
  Session session;
  const auto device = session.memory(100);
  auto* const pinned = session.pinned(10);
  unsigned type = 0;
  int ordinal = -1;
  Address base = 0;
  CHECK(cuPointerGetAttribute(&type, 2, device + 99) == kSuccess);
  CHECK(type == 2);
  CHECK(cuPointerGetAttribute(&ordinal, 9, device) == kSuccess);
  CHECK(ordinal == 0);
  CHECK(cuPointerGetAttribute(&base, 11, device + 50) == kSuccess);
  CHECK(base == device);
  CHECK(cuPointerGetAttribute(&type, 2, reinterpret_cast<Address>(pinned)) == kSuccess);
  CHECK(type == 1);
  CHECK(cuMemHostGetDevicePointer_v2(&base, pinned, 0) == kSuccess);
  CHECK(base == reinterpret_cast<Address>(pinned));
  CHECK(cuPointerGetAttribute(&type, 2, reinterpret_cast<Address>(&base)) == kInvalidValue);
  CHECK(cuPointerGetAttribute(&type, 2, device + 100) == kInvalidValue);
}

TEST_CASE("a kernel that writes one element too many is found" * doctest::skip(kAccessesAreChecked)) {
  Session session;
  const auto stream = session.stream();
  CHECK(session.launch("writes_past_the_end", 1, 128, stream, 100, session.memory(400)) == kSuccess);
  CHECK(cuStreamSynchronize(stream) == kIllegalAddress);
  CHECK(contains(fault(), "kernel writes_past_the_end: write 0 bytes behind the end of device allocation"));
}

TEST_CASE("a write to freed memory is found" * doctest::skip(kAccessesAreChecked)) {
  Session session;
  const auto stream = session.stream();
  const auto freed = session.floats(32), plan = session.memory(8);
  CHECK(cuMemcpyHtoD_v2(plan, &freed, 8) == kSuccess);
  CHECK(cuMemFree_v2(freed) == kSuccess);
  CHECK(session.launch("writes_through", 1, 32, stream, plan) == kSuccess);
  CHECK(cuStreamSynchronize(stream) == kIllegalAddress);
  CHECK(contains(fault(), "kernel writes_through: write at byte 0 of freed device allocation"));
}

TEST_CASE("what is read from freed memory is no number" * doctest::skip(kAccessesAreChecked)) {
  Session session;
  const auto freed = session.floats(32), plan = session.memory(8), out = session.floats(32);
  CHECK(session.fill(freed, 32, 1, nullptr) == kSuccess);
  CHECK(cuMemcpyHtoD_v2(plan, &freed, 8) == kSuccess);
  CHECK(cuMemFree_v2(freed) == kSuccess);
  CHECK(session.launch("copies_through", 1, 32, nullptr, plan, out) == kSuccess);
  CHECK(std::isnan(session.value(out, nullptr)));
}

TEST_CASE("the host's writes out of bounds are found too" * doctest::skip(kAccessesAreChecked)) {
  Session session;
  auto* const pinned = session.pinned(10);
  CHECK(yl_emulator_check() == 0);
  pinned[-1] = 1;
  CHECK(yl_emulator_check() == 1);
  CHECK(contains(fault(), "write 4 bytes before the start of pinned allocation"));
  CHECK(cuMemFreeHost(pinned) == kIllegalAddress);
}

TEST_CASE("what is not given back is listed") {
  Session session;
  const auto count = yl_emulator_leak_count();  // the context and the module
  CHECK(count == 2);
  const auto address = session.memory(123);
  auto* const pinned = session.pinned(5);
  const auto stream = session.stream(), event = session.event();
  CHECK(yl_emulator_leak_count() == count + 4);
  CHECK(contains(yl_emulator_leaks(), "123 bytes at 0x"));
  CHECK(contains(yl_emulator_leaks(), "pinned allocation"));
  CHECK(contains(yl_emulator_leaks(), "1 streams\n1 events\n1 modules\n"));
  CHECK(cuMemFree_v2(address) == kSuccess);
  CHECK(cuMemFreeHost(pinned) == kSuccess);
  CHECK(cuStreamDestroy_v2(stream) == kSuccess);
  CHECK(cuEventDestroy_v2(event) == kSuccess);
  CHECK(cuModuleUnload(session.module()) == kSuccess);
  CHECK(cuDevicePrimaryCtxRelease_v2(0) == kSuccess);
  CHECK(yl_emulator_leak_count() == 0);
  CHECK(std::string(yl_emulator_leaks()).empty());
}

TEST_CASE("what a context takes with it is a leak") {
  Session session;
  session.memory(77);
  CHECK(cuDevicePrimaryCtxRelease_v2(0) == kSuccess);
  CHECK(contains(yl_emulator_leaks(), "77 bytes at"));
  CHECK(yl_emulator_leak_count() == 2);  // and the module
}
