#include "work_queue.h"

#include <algorithm>

namespace yololoss::emulator {
namespace {

constexpr std::size_t kMostPending = 1024;

}  // namespace

PendingPointer WorkQueue::put(Work work, const std::vector<PendingPointer>& after, std::optional<std::uint64_t> digest) {
  ++round_;  // nothing is wanted
  while (pending_.size() >= kMostPending) step(false);
  auto operation = std::make_shared<Pending>(std::move(work));
  operation->digest = digest;
  for (const auto& before : after) {
    if (before == nullptr || before->done) continue;
    ++operation->waiting_;
    operation->before_.push_back(before);
    before->behind_.push_back(operation);
  }
  pending_.push_back(operation);
  if (operation->waiting_ == 0) ready_.push_back(operation);
  return operation;
}

void WorkQueue::finish(const PendingPointer& operation) {
  if (operation == nullptr || operation->done) return;
  want(operation);
  while (!operation->done) step(!shuffle_.one_in(4));
}

void WorkQueue::finish_all() {
  ++round_;
  while (!pending_.empty()) step(false);
}

bool WorkQueue::query(const PendingPointer& operation) {
  if (operation == nullptr || operation->done) return true;
  want(operation);
  if (shuffle_.one_in(2)) step(true);
  return operation->done;
}

// Marks an operation and all that it waits for.
void WorkQueue::want(const PendingPointer& operation) {
  ++round_;
  std::vector<Pending*> open{operation.get()};
  operation->wanted_ = round_;
  while (!open.empty()) {
    auto* const next = open.back();
    open.pop_back();
    for (const auto& before : next->before_) {
      if (before->done || before->wanted_ == round_) continue;
      before->wanted_ = round_;
      open.push_back(before.get());
    }
  }
}

void WorkQueue::step(bool only_wanted) {
  const auto first = shuffle_.below(static_cast<std::uint32_t>(ready_.size()));
  for (std::size_t i = 0; i < ready_.size(); ++i) {
    const auto at = (first + i) % ready_.size();
    if (!only_wanted || ready_[at]->wanted_ == round_) return run(at);
  }
}

void WorkQueue::run(std::size_t ready) {
  const auto operation = ready_[ready];
  ready_[ready] = ready_.back();
  ready_.pop_back();
  execute_(*operation);
  operation->done = true;
  operation->work = {};  // an event holds what it was recorded by, which must not hold the event
  operation->before_.clear();
  for (const auto& behind : operation->behind_)
    if (--behind->waiting_ == 0) ready_.push_back(behind);
  operation->behind_.clear();
  const auto at = std::find(pending_.begin(), pending_.end(), operation);
  pending_.erase(at);
}

}  // namespace yololoss::emulator
