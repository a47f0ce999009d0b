// Memory of the emulated device, and pinned memory of the host.
//
// What is fresh is poisoned (no number in any floating point type), and so is what was freed; that stays unused for a
// while, so that who still writes to it is found. Zones on both sides of everything are watched. AddressSanitizer, where
// it is in, stops at the first access to either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace yololoss::emulator {

struct Range {
  std::uintptr_t begin;
  std::size_t bytes;

  bool overlaps(const Range& other) const { return begin < other.begin + other.bytes && other.begin < begin + bytes; }
  bool contains(const Range& other) const { return begin <= other.begin && other.begin + other.bytes <= begin + bytes; }
};

void poison(Range range);

class Memory {
 public:
  struct Allocation {
    Range range;
    bool pinned;           // the host's; otherwise the device's
    std::uint64_t number;  // counts allocations
    std::string text() const;
  };

  Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() { clear(); }

  // Null if the host has no such memory.
  const Allocation* allocate(std::size_t bytes, bool pinned);
  // Of an allocation that is live. Gives what was found wrong with its zones.
  std::optional<std::string> free(const Allocation& allocation);

  // Gives everything back to the host.
  void clear();

  // The live allocation that an address lies in, or just behind by less than the zone; null if there is none.
  const Allocation* find(std::uintptr_t address) const;
  // The live allocation that starts at an address.
  const Allocation* starting_at(std::uintptr_t address) const;
  const std::map<std::uintptr_t, Allocation>& live() const { return live_; }
  std::size_t device_bytes() const { return device_bytes_; }

  // What was written outside of live memory, if anything. Of large freed blocks only both ends are looked at, unless
  // all is asked for.
  std::optional<std::string> damage(bool all) const;

 private:
  static std::optional<std::string> zone_damage(const Allocation& allocation);
  static std::optional<std::string> freed_damage(const Allocation& allocation, bool all);
  static void release(const Allocation& allocation);

  std::map<std::uintptr_t, Allocation> live_;
  std::deque<Allocation> freed_;
  std::size_t device_bytes_ = 0, freed_bytes_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace yololoss::emulator
