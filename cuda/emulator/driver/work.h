// One piece of work on a stream or in a graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../kernel_registry.h"
#include "memory.h"

namespace yololoss::emulator {

struct Event;
struct Module;

// Where a copy reads or writes.
enum class Place : std::uint8_t { device, pinned, pageable };

struct Work {
  enum class Kind : std::uint8_t { kernel, copy, fill, record, join };

  Kind kind = Kind::join;  // join: does nothing, after all that it waits for
  std::string call{};      // the function that asked for it

  // kernel
  const Kernel* kernel = nullptr;
  std::shared_ptr<const Module> module{};
  dim3 grid{}, block{};
  std::vector<std::byte> arguments{};  // laid out as the kernel declares them

  // copy and fill; of a fill, `from` is a value of `width` bytes
  std::uintptr_t to = 0, from = 0;
  std::size_t bytes = 0, width = 0;
  Place target = Place::device, source = Place::device;
  std::shared_ptr<const std::vector<std::byte>> pageable{};  // what a pageable source held when the copy was asked for

  // record, of an event inside a graph too
  std::shared_ptr<Event> event{};
  bool waits_for_event = false;  // join: in a graph, for what was last recorded when the graph is launched

  std::string text() const;
  // Whether it reads or writes the range, as far as its arguments say: addresses that lie in memory are not seen.
  bool uses(const Range& range) const;
  bool reads_host(const Range& range) const { return kind == Kind::copy && source == Place::pinned && Range{from, bytes}.overlaps(range); }
  bool writes_host(const Range& range) const { return kind == Kind::copy && target == Place::pinned && Range{to, bytes}.overlaps(range); }
};

}  // namespace yololoss::emulator
