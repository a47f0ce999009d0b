#include "work.h"

#include <cstring>

namespace yololoss::emulator {

std::string Work::text() const {
  switch (kind) {
    case Kind::kernel:
      return "kernel " + kernel->name;
    case Kind::copy:
      return call + " of " + std::to_string(bytes) + " bytes";
    case Kind::fill:
      return call + " of " + std::to_string(bytes) + " bytes";
    case Kind::record:
      return call;
    case Kind::join:
      return call;
  }
  return call;
}

bool Work::uses(const Range& range) const {
  switch (kind) {
    case Kind::kernel:
      for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= arguments.size(); at += sizeof(std::uintptr_t)) {
        std::uintptr_t word = 0;
        std::memcpy(&word, arguments.data() + at, sizeof word);
        if (range.contains({word, 1})) return true;
      }
      return false;
    case Kind::copy:
      return range.overlaps({to, bytes}) || range.overlaps({from, bytes});
    case Kind::fill:
      return range.overlaps({to, bytes});
    case Kind::record:
    case Kind::join:
      return false;
  }
  return false;
}

}  // namespace yololoss::emulator
