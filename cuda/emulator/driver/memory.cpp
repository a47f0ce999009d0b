#include "memory.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define YOLOLOSS_FORBID(range) __asan_poison_memory_region(reinterpret_cast<void*>((range).begin), (range).bytes)
#define YOLOLOSS_PERMIT(range) __asan_unpoison_memory_region(reinterpret_cast<void*>((range).begin), (range).bytes)
#else
#define YOLOLOSS_FORBID(range) static_cast<void>(range)
#define YOLOLOSS_PERMIT(range) static_cast<void>(range)
#endif

namespace yololoss::emulator {
namespace {

constexpr std::size_t kAlignment = 256;  // the least that cuMemAlloc gives
constexpr std::size_t kZone = 1024;
constexpr std::size_t kEnds = 4 * 1024;
constexpr std::size_t kFreedBytes = 256U << 20;
constexpr std::size_t kFreedLookedAt = 16;

// Not a number in double, float, bfloat16 or half, wherever a value starts; and no two neighbours alike.
constexpr std::array<unsigned char, 8> kPoison{0x99, 0xFF, 0xC3, 0xFF, 0xA5, 0xFF, 0xF7, 0xFF};
constexpr std::array<unsigned char, 8> kZonePattern{0xB1, 0xFF, 0xDB, 0xFF, 0x95, 0xFF, 0xE9, 0xFF};

Range zone_before(Range range) { return {range.begin - kZone, kZone}; }
Range zone_behind(Range range) { return {range.begin + range.bytes, kZone}; }

__attribute__((no_sanitize("address"))) void fill(Range range, const std::array<unsigned char, 8>& pattern) {
  auto* const bytes = reinterpret_cast<unsigned char*>(range.begin);
  std::size_t i = 0;
  std::uint64_t word = 0;
  for (std::size_t b = 8; b-- > 0;) word = word << 8 | pattern[b];
  if (range.begin % 8 == 0)
    for (; i + 8 <= range.bytes; i += 8) *reinterpret_cast<volatile std::uint64_t*>(bytes + i) = word;
  for (; i < range.bytes; ++i) static_cast<volatile unsigned char*>(bytes)[i] = pattern[i % 8];
}

// The first byte that is not as filled.
__attribute__((no_sanitize("address"))) std::optional<std::size_t> changed(Range range, const std::array<unsigned char, 8>& pattern) {
  const auto* const bytes = reinterpret_cast<const volatile unsigned char*>(range.begin);
  std::uint64_t word = 0;
  for (std::size_t b = 8; b-- > 0;) word = word << 8 | pattern[b];
  std::size_t i = 0;
  if (range.begin % 8 == 0)
    while (i + 8 <= range.bytes && *reinterpret_cast<const volatile std::uint64_t*>(bytes + i) == word) i += 8;
  for (; i < range.bytes; ++i)
    if (bytes[i] != pattern[i % 8]) return i;
  return std::nullopt;
}

}  // namespace

void poison(Range range) { fill(range, kPoison); }

std::string Memory::Allocation::text() const {
  std::array<char, 128> line{};
  std::snprintf(line.data(), line.size(), "%s allocation %llu (%zu bytes at 0x%llx)", pinned ? "pinned" : "device",
                static_cast<unsigned long long>(number), range.bytes, static_cast<unsigned long long>(range.begin));
  return line.data();
}

void Memory::clear() {
  for (const auto& entry : live_) release(entry.second);
  for (const auto& allocation : freed_) release(allocation);
  live_.clear();
  freed_.clear();
  device_bytes_ = freed_bytes_ = 0;
}

const Memory::Allocation* Memory::allocate(std::size_t bytes, bool pinned) {
  const auto whole = (kZone + bytes + kZone + kAlignment - 1) / kAlignment * kAlignment;
  auto* const memory = std::aligned_alloc(kAlignment, whole);
  if (memory == nullptr) return nullptr;
  const Range range{reinterpret_cast<std::uintptr_t>(memory) + kZone, bytes};
  poison(range);
  fill(zone_before(range), kZonePattern);
  fill(zone_behind(range), kZonePattern);
  YOLOLOSS_FORBID(zone_before(range));
  YOLOLOSS_FORBID(zone_behind(range));
  if (!pinned) device_bytes_ += bytes;
  return &live_.emplace(range.begin, Allocation{range, pinned, ++count_}).first->second;
}

std::optional<std::string> Memory::free(const Allocation& allocation) {
  const auto kept = allocation;
  auto damage = zone_damage(kept);
  if (!kept.pinned) device_bytes_ -= kept.range.bytes;
  live_.erase(kept.range.begin);
  poison(kept.range);
  YOLOLOSS_FORBID(kept.range);
  freed_.push_back(kept);
  freed_bytes_ += kept.range.bytes;
  while (freed_bytes_ > kFreedBytes) {
    const auto oldest = freed_.front();
    if (!damage) damage = freed_damage(oldest, true);
    freed_.pop_front();
    freed_bytes_ -= oldest.range.bytes;
    release(oldest);
  }
  return damage;
}

const Memory::Allocation* Memory::find(std::uintptr_t address) const {
  auto next = live_.upper_bound(address);
  if (next == live_.begin()) return nullptr;
  const auto& before = std::prev(next)->second;
  return address < before.range.begin + before.range.bytes + kZone ? &before : nullptr;
}

const Memory::Allocation* Memory::starting_at(std::uintptr_t address) const {
  const auto found = live_.find(address);
  return found == live_.end() ? nullptr : &found->second;
}

std::optional<std::string> Memory::damage(bool all) const {
  for (const auto& entry : live_)
    if (auto found = zone_damage(entry.second)) return found;
  std::size_t looked_at = 0;
  for (auto freed = freed_.rbegin(); freed != freed_.rend() && (all || looked_at < kFreedLookedAt); ++freed, ++looked_at)
    if (auto found = freed_damage(*freed, all)) return found;
  return std::nullopt;
}

std::optional<std::string> Memory::zone_damage(const Allocation& allocation) {
  if (const auto at = changed(zone_behind(allocation.range), kZonePattern))
    return "write " + std::to_string(*at) + " bytes behind the end of " + allocation.text();
  if (const auto at = changed(zone_before(allocation.range), kZonePattern))
    return "write " + std::to_string(kZone - *at) + " bytes before the start of " + allocation.text();
  return std::nullopt;
}

std::optional<std::string> Memory::freed_damage(const Allocation& allocation, bool all) {
  const auto& range = allocation.range;
  auto at = changed({range.begin, all || range.bytes <= 2 * kEnds ? range.bytes : kEnds}, kPoison);
  if (!at && !all && range.bytes > 2 * kEnds) {
    const auto start = (range.bytes - kEnds) / 8 * 8;
    at = changed({range.begin + start, range.bytes - start}, kPoison);
    if (at) *at += start;
  }
  if (!at) return std::nullopt;
  return "write at byte " + std::to_string(*at) + " of freed " + allocation.text();
}

void Memory::release(const Allocation& allocation) {
  const Range whole{allocation.range.begin - kZone, allocation.range.bytes + 2 * kZone};
  YOLOLOSS_PERMIT(whole);
  std::free(reinterpret_cast<void*>(whole.begin));
}

}  // namespace yololoss::emulator
