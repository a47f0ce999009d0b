#include "block_runner.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "fibre.h"
#include "shuffle.h"

uint3 threadIdx;
uint3 blockIdx;
dim3 blockDim;
dim3 gridDim;

// The linker's marks around every __shared__ variable; absent where no kernel has one.
extern "C" {
extern char __start_yololoss_shared[] __attribute__((weak, visibility("hidden")));
extern char __stop_yololoss_shared[] __attribute__((weak, visibility("hidden")));
}

namespace yololoss::emulator {
namespace {

constexpr std::uint64_t kPoison = 0xFFF7FFA5FFC3FF99U;  // not a number, whatever floating point type reads it

const char* name_of(Operation operation) {
  switch (operation) {
    case Operation::syncthreads:
      return "__syncthreads";
    case Operation::syncthreads_or:
      return "__syncthreads_or";
    case Operation::syncthreads_and:
      return "__syncthreads_and";
    case Operation::syncthreads_count:
      return "__syncthreads_count";
    case Operation::syncwarp:
      return "__syncwarp";
    case Operation::shuffle:
      return "__shfl_sync";
    case Operation::shuffle_down:
      return "__shfl_down_sync";
    case Operation::shuffle_up:
      return "__shfl_up_sync";
    case Operation::shuffle_xor:
      return "__shfl_xor_sync";
    case Operation::ballot:
      return "__ballot_sync";
    case Operation::any:
      return "__any_sync";
    case Operation::all:
      return "__all_sync";
  }
  return "?";
}

bool is_shuffle(Operation operation) { return operation >= Operation::shuffle && operation <= Operation::shuffle_xor; }

bool same_place(const std::source_location& a, const std::source_location& b) {
  return a.line() == b.line() && a.column() == b.column() && a.file_name() == b.file_name();
}

std::string text(const char* format, auto... values) {
  std::array<char, 512> line{};
  std::snprintf(line.data(), line.size(), format, values...);
  return line.data();
}

// What threads meet in.
struct Meeting {
  unsigned mask;  // 0: the whole block
  Operation operation;
  std::source_location place;

  bool is(Operation other_operation, unsigned other_mask, const std::source_location& other_place) const {
    return mask == other_mask && operation == other_operation && same_place(place, other_place);
  }
  std::string text() const {
    auto what = std::string(name_of(operation)) + " at " + place.file_name() + ":" + std::to_string(place.line());
    return mask == 0 ? what : what + emulator::text(" with mask 0x%08x", mask);
  }
};

// Kept small and together: a warp operation reads all of a warp's.
struct Thread {
  Fibre* fibre;           // null until it has started
  std::uint64_t operand;  // what it brings to a meeting, then what it takes from it
  unsigned source_lane;
  bool finished;
};

// Lanes of one warp that have arrived at one meeting.
struct Group {
  Meeting meeting;
  unsigned arrived;
};

class BlockRunner {
 public:
  static BlockRunner& instance() { return *instance_; }

  void seed(std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    shuffle_ = Shuffle(seed);
    seed_ = seed;
  }

  void run(const std::string& kernel, dim3 grid, dim3 block, void (*body)(const void*), const void* context);

  [[gnu::always_inline]] inline unsigned meet_block(Operation operation, bool predicate, const std::source_location& place);
  [[gnu::always_inline]] inline std::uint64_t meet_warp(Operation operation, unsigned mask, std::uint64_t operand, unsigned source_lane,
                                                        const std::source_location& place);
  unsigned lane() const { return current_ % kWarpSize; }
  void interleave();

 private:
  static void thread_loop(Fibre& fibre, void* self) { static_cast<BlockRunner*>(self)->run_threads(fibre); }
  void run_threads(Fibre& fibre);
  void run_block();
  void prepare_threads();
  [[gnu::noinline]] Fibre& next_thread();
  // Inlined, because every return after a change of stacks is mispredicted.
  [[gnu::always_inline]] inline void yield(Fibre& fibre);
  [[gnu::noinline]] void release_block();
  [[gnu::noinline]] void release_warp(unsigned warp, Operation operation, unsigned mask);
  // A broken rule, told before stop: what else is on the stack when a thread stops is never destroyed. None of this is
  // inlined, because every thread keeps its frames: small ones stay in the cache.
  [[gnu::noinline]] void blame_second(const Meeting& meeting, const char* others, const Meeting& first);
  [[gnu::noinline]] void blame_mask(const Meeting& meeting);
  [[noreturn, gnu::noinline]] void stop();
  void drop_threads();
  std::string who(unsigned thread) const;
  std::string who_is_missing() const;
  std::string state_of(unsigned thread) const;

  // The threads that can run, in a ring: each at most once.
  void push_back(unsigned thread) { ready_[(ready_first_ + ready_count_++) % kMaxThreadsPerBlock] = thread; }
  void push_front(unsigned thread) {
    ready_first_ = (ready_first_ + kMaxThreadsPerBlock - 1) % kMaxThreadsPerBlock;
    ready_[ready_first_] = thread;
    ++ready_count_;
  }
  unsigned front() const { return ready_[ready_first_]; }
  unsigned take() {
    const auto thread = front();
    ready_first_ = (ready_first_ + 1) % kMaxThreadsPerBlock;
    --ready_count_;
    return thread;
  }

  static BlockRunner* const instance_;

  std::mutex mutex_;
  std::uint64_t seed_ = 1;
  Shuffle shuffle_{1};

  std::string kernel_;
  void (*body_)(const void*) = nullptr;
  const void* context_ = nullptr;

  unsigned count_ = 0;     // threads of the block
  unsigned finished_ = 0;  // of them
  unsigned current_ = 0;
  std::array<Thread, kMaxThreadsPerBlock> threads_{};
  std::array<uint3, kMaxThreadsPerBlock> indices_{};
  std::vector<unsigned> order_;
  std::array<unsigned, kMaxThreadsPerBlock> ready_{};
  unsigned ready_first_ = 0, ready_count_ = 0;

  Meeting barrier_{};  // of whoever has come first
  unsigned at_barrier_ = 0, predicates_ = 0;
  std::array<std::uint64_t, kWarpSize> results_{};
  std::array<std::vector<Group>, kMaxThreadsPerBlock / kWarpSize> groups_;

  Fibre host_;
  std::vector<std::unique_ptr<Fibre>> fibres_;
  std::vector<Fibre*> idle_;
  std::string fault_;
  bool dropping_ = false;
};

BlockRunner* const BlockRunner::instance_ = new BlockRunner;  // outlives every static destructor

// The compiler must not see through the section's bounds, nor a sanitizer mind the gaps between variables.
__attribute__((no_sanitize("address", "undefined"))) void poison_shared_memory() {
  auto* at = reinterpret_cast<volatile char*>(__start_yololoss_shared);
  auto* const end = reinterpret_cast<volatile char*>(__stop_yololoss_shared);
  if (at == nullptr) return;
  for (; at < end && reinterpret_cast<std::uintptr_t>(at) % 8 != 0; ++at) *at = static_cast<char>(0xFF);
  for (; at + 8 <= end; at += 8) *reinterpret_cast<volatile std::uint64_t*>(at) = kPoison;
  for (; at < end; ++at) *at = static_cast<char>(0xFF);
}

void BlockRunner::run(const std::string& kernel, dim3 grid, dim3 block, void (*body)(const void*), const void* context) {
  const auto threads = static_cast<std::uint64_t>(block.x) * block.y * block.z;
  const auto blocks = static_cast<std::uint64_t>(grid.x) * grid.y * grid.z;
  if (threads == 0 || threads > kMaxThreadsPerBlock || blocks == 0 || blocks > 0x7FFFFFFFU)
    throw std::invalid_argument(kernel + ": a grid has 1 to 2^31-1 blocks of 1 to 1024 threads");
  const std::lock_guard lock(mutex_);
  kernel_ = kernel;
  body_ = body;
  context_ = context;
  gridDim = grid;
  blockDim = block;
  count_ = static_cast<unsigned>(threads);
  prepare_threads();
  std::vector<std::uint32_t> blocks_in_order(blocks);
  std::iota(blocks_in_order.begin(), blocks_in_order.end(), 0U);
  shuffle_.order(blocks_in_order.begin(), blocks_in_order.end());
  for (const auto index : blocks_in_order) {
    blockIdx = {index % grid.x, index / grid.x % grid.y, index / grid.x / grid.y};
    run_block();
  }
}

void BlockRunner::prepare_threads() {
  order_.resize(count_);
  std::iota(order_.begin(), order_.end(), 0U);
  for (unsigned i = 0; i < count_; ++i) indices_[i] = {i % blockDim.x, i / blockDim.x % blockDim.y, i / blockDim.x / blockDim.y};
}

void BlockRunner::run_block() {
  poison_shared_memory();
  std::fill_n(threads_.begin(), count_, Thread{});
  finished_ = at_barrier_ = predicates_ = ready_first_ = ready_count_ = 0;
  for (auto& groups : groups_) groups.clear();

  // Threads in any order, or whole warps one after another.
  shuffle_.order(order_.begin(), order_.end());
  if (shuffle_.one_in(2)) {
    const auto turn = shuffle_.below(count_), lanes = shuffle_.below(kWarpSize);
    for (unsigned i = 0; i < count_; ++i) {
      const auto thread = (i + turn) % count_ ^ lanes;
      order_[i] = count_ % kWarpSize == 0 ? thread : (i + turn) % count_;
    }
  }
  for (const auto thread : order_) push_back(thread);

  if (ready_count_ > 0) host_.switch_to(next_thread());
  if (fault_.empty() && finished_ < count_) fault_ = who_is_missing();
  if (!fault_.empty()) {
    drop_threads();
    throw KernelFault(std::exchange(fault_, {}));
  }
}

// Whose turn it is: made the current thread, on an idle fibre unless it has started.
Fibre& BlockRunner::next_thread() {
  const auto thread = take();
  auto*& fibre = threads_[thread].fibre;
  if (fibre == nullptr) {
    if (idle_.empty()) {
      fibres_.push_back(std::make_unique<Fibre>(static_cast<unsigned>(fibres_.size()), &BlockRunner::thread_loop, this));
      idle_.push_back(fibres_.back().get());
    }
    fibre = idle_.back();
    idle_.pop_back();
  }
  current_ = thread;
  threadIdx = indices_[thread];
  return *fibre;
}

// Hands over to whoever can run, the host if nobody can.
void BlockRunner::yield(Fibre& fibre) {
  auto& next = ready_count_ > 0 && fault_.empty() ? next_thread() : host_;
  if (&next != &fibre) fibre.switch_to(next);
  if (dropping_) fibre.leave_for(host_);
}

// A fibre's life: threads that have not started, one after another, as long as it is their turn.
void BlockRunner::run_threads(Fibre& fibre) {
  for (;;) {
    body_(context_);
    threads_[current_].finished = true;
    ++finished_;
    idle_.push_back(&fibre);
    if (ready_count_ > 0 && threads_[front()].fibre == nullptr)
      next_thread();  // on the fibre that became idle last: this one
    else
      yield(fibre);
  }
}

unsigned BlockRunner::meet_block(Operation operation, bool predicate, const std::source_location& place) {
  auto& thread = threads_[current_];
  if (at_barrier_ == 0) {
    barrier_ = {0, operation, place};
  } else if (!barrier_.is(operation, 0, place)) {
    blame_second(Meeting{0, operation, place}, "other threads of the block", barrier_);
    stop();
  }
  predicates_ += predicate ? 1 : 0;
  if (++at_barrier_ == count_) release_block();
  yield(*thread.fibre);
  return static_cast<unsigned>(thread.operand);
}

void BlockRunner::release_block() {
  const auto turn = shuffle_.below(count_);
  const bool backwards = shuffle_.one_in(2);
  for (unsigned i = 0; i < count_; ++i) {
    const auto at = (i + turn) % count_;
    const auto thread = order_[backwards ? count_ - 1 - at : at];
    threads_[thread].operand = predicates_;
    push_back(thread);
  }
  at_barrier_ = predicates_ = 0;
}

std::uint64_t BlockRunner::meet_warp(Operation operation, unsigned mask, std::uint64_t operand, unsigned source_lane,
                                     const std::source_location& place) {
  auto& thread = threads_[current_];
  const auto warp = current_ / kWarpSize;
  const auto bit = 1U << lane();
  thread.operand = operand;
  thread.source_lane = source_lane;
  if ((mask & bit) == 0) {
    blame_mask(Meeting{mask, operation, place});
    stop();
  }
  auto& groups = groups_[warp];
  std::size_t group = 0;
  while (group < groups.size() && !groups[group].meeting.is(operation, mask, place)) {
    if (groups[group].meeting.mask == mask) {
      blame_second(Meeting{mask, operation, place}, "lanes of that mask", groups[group].meeting);
      stop();
    }
    ++group;
  }
  if (group == groups.size()) groups.push_back({{mask, operation, place}, 0});
  if ((groups[group].arrived |= bit) == mask) {
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(group));
    release_warp(warp, operation, mask);
  }
  yield(*thread.fibre);
  return thread.operand;
}

void BlockRunner::release_warp(unsigned warp, Operation operation, unsigned mask) {
  auto* const lanes = &threads_[warp * kWarpSize];
  if (is_shuffle(operation)) {
    for (unsigned i = 0; i < kWarpSize; ++i) {
      const auto source = lanes[i].source_lane % kWarpSize;
      results_[i] = (mask >> source & 1) != 0 ? lanes[source].operand : kPoison;
    }
  } else {
    std::uint64_t ballot = 0;
    for (unsigned i = 0; i < kWarpSize; ++i)
      if ((mask >> i & 1) != 0 && lanes[i].operand != 0) ballot |= std::uint64_t{1} << i;
    results_.fill(ballot);
  }
  // Lanes that are not named may wait elsewhere, with operands of their own.
  const auto turn = shuffle_.below(2 * kWarpSize);
  for (unsigned i = 0; i < kWarpSize; ++i) {
    const auto each = (i ^ turn) % kWarpSize;
    if ((mask >> each & 1) == 0) continue;
    lanes[each].operand = results_[each];
    if (turn < kWarpSize)
      push_back(warp * kWarpSize + each);
    else
      push_front(warp * kWarpSize + each);
  }
}

void BlockRunner::interleave() {
  if (ready_count_ == 0 || !shuffle_.one_in(8)) return;
  push_back(current_);
  yield(*threads_[current_].fibre);
}

void BlockRunner::blame_second(const Meeting& meeting, const char* others, const Meeting& first) {
  fault_ = who(current_) + " arrives at " + meeting.text() + " while " + others + " wait in " + first.text();
}

void BlockRunner::blame_mask(const Meeting& meeting) {
  fault_ = who(current_) + " calls " + meeting.text() + ", which does not name the caller's lane " + std::to_string(lane());
}

void BlockRunner::stop() {
  for (auto& fibre = *threads_[current_].fibre;;) yield(fibre);
}

// What lies on the stacks of threads that will never go on is dropped, and the stacks with it.
void BlockRunner::drop_threads() {
  dropping_ = true;
  for (auto& fibre : fibres_) host_.switch_to(*fibre);
  dropping_ = false;
  idle_.clear();
  fibres_.clear();
}

std::string BlockRunner::who(unsigned thread) const {
  const auto& at = indices_[thread];
  return "kernel " + kernel_ + ", block (" + std::to_string(blockIdx.x) + ", " + std::to_string(blockIdx.y) + ", " +
         std::to_string(blockIdx.z) + "), thread (" + std::to_string(at.x) + ", " + std::to_string(at.y) + ", " + std::to_string(at.z) +
         "), order seed " + std::to_string(seed_) + ":";
}

std::string BlockRunner::state_of(unsigned thread) const {
  if (thread >= count_) return "does not exist";
  if (threads_[thread].finished) return "has left the kernel";
  for (const auto& group : groups_[thread / kWarpSize])
    if ((group.arrived >> thread % kWarpSize & 1) != 0) return "waits in " + group.meeting.text();
  return "waits in " + barrier_.text();
}

// Nobody can run, and somebody waits. Lanes that wait for lanes of their warp are told first: they hold a barrier up.
std::string BlockRunner::who_is_missing() const {
  for (unsigned warp = 0; warp * kWarpSize < count_; ++warp) {
    for (const auto& group : groups_[warp]) {
      unsigned waiting = 0, missing = 0;
      while ((group.arrived >> waiting & 1) == 0) ++waiting;
      while (((group.meeting.mask & ~group.arrived) >> missing & 1) == 0) ++missing;
      return who(warp * kWarpSize + waiting) + " waits in " + group.meeting.text() + " for ever: lane " + std::to_string(missing) +
             " of its warp " + state_of(warp * kWarpSize + missing);
    }
  }
  unsigned waiting = 0, missing = 0;
  while (threads_[waiting].finished) ++waiting;
  while (!threads_[missing].finished) ++missing;
  const auto& at = indices_[missing];
  return who(waiting) + " waits in " + barrier_.text() + " for ever: thread (" + std::to_string(at.x) + ", " + std::to_string(at.y) + ", " +
         std::to_string(at.z) + ") " + state_of(missing);
}

}  // namespace

void seed_order(std::uint64_t seed) { BlockRunner::instance().seed(seed); }

void run_grid(const std::string& kernel, dim3 grid, dim3 block, void (*body)(const void* context), const void* context) {
  BlockRunner::instance().run(kernel, grid, block, body, context);
}

unsigned meet_block(Operation operation, bool predicate, const std::source_location& place) {
  return BlockRunner::instance().meet_block(operation, predicate, place);
}

std::uint64_t meet_warp(Operation operation, unsigned mask, std::uint64_t operand, unsigned source_lane,
                        const std::source_location& place) {
  return BlockRunner::instance().meet_warp(operation, mask, operand, source_lane, place);
}

unsigned lane() { return BlockRunner::instance().lane(); }

void interleave() { BlockRunner::instance().interleave(); }

}  // namespace yololoss::emulator
