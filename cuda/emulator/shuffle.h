// The seeded choices of the emulator: which block, which thread, which stream next.
#pragma once

#include <cstdint>

namespace yololoss::emulator {

// splitmix64.
class Shuffle {
 public:
  explicit Shuffle(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
  }
  // 0 to bound - 1.
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>((next() >> 32) * bound >> 32); }
  bool one_in(std::uint32_t count) { return below(count) == 0; }

  template <typename Iterator>
  void order(Iterator first, Iterator last) {
    for (auto left = static_cast<std::uint32_t>(last - first); left > 1; --left) {
      const auto other = below(left);
      const auto kept = first[left - 1];
      first[left - 1] = first[other];
      first[other] = kept;
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace yololoss::emulator
