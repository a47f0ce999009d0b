// Work that was asked for and not yet done. It is done as late as the driver's functions allow, in any order that its
// dependencies permit, drawn from a seed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "../shuffle.h"
#include "work.h"

namespace yololoss::emulator {

struct Pending {
  Work work;
  bool done = false;
  std::optional<std::uint64_t> digest{};  // of the pinned memory that it will read, when it was asked for

 private:
  friend class WorkQueue;
  unsigned waiting_ = 0;      // for so many others
  std::uint64_t wanted_ = 0;  // by this round of finish
  std::vector<std::shared_ptr<Pending>> before_{}, behind_{};

 public:
  explicit Pending(Work asked) : work(std::move(asked)) {}
};

using PendingPointer = std::shared_ptr<Pending>;

class WorkQueue {
 public:
  explicit WorkQueue(std::function<void(Pending&)> execute) : execute_(std::move(execute)) {}

  void seed(std::uint64_t seed) { shuffle_ = Shuffle(seed); }
  // After those in the list; nulls in it are passed over. Beyond 1024 pieces of pending work some of it is done first,
  // as a real queue is bounded too.
  PendingPointer put(Work work, const std::vector<PendingPointer>& after, std::optional<std::uint64_t> digest = std::nullopt);
  // Does what has to be done first, the operation itself, and now and then something that nobody waits for.
  void finish(const PendingPointer& operation);
  void finish_all();
  // Whether it is done; does a little of what it needs first, or nothing.
  bool query(const PendingPointer& operation);

  std::size_t pending() const { return pending_.size(); }
  // The first pending piece of work for which a condition holds.
  template <typename Condition>
  const Work* pending_that(Condition condition) const {
    for (const auto& operation : pending_)
      if (!operation->done && condition(operation->work)) return &operation->work;
    return nullptr;
  }

 private:
  void want(const PendingPointer& operation);
  void step(bool only_wanted);
  void run(std::size_t ready);

  std::function<void(Pending&)> execute_;
  Shuffle shuffle_{1};
  std::uint64_t round_ = 0;
  std::vector<PendingPointer> pending_, ready_;
};

}  // namespace yololoss::emulator
