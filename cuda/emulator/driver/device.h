// The emulated device and its driver's state. One thread at a time: the driver's functions hold the lock.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "memory.h"
#include "objects.h"
#include "status.h"
#include "work_queue.h"

namespace yololoss::emulator {

// Ends a driver function with a status.
struct Refusal {
  Status status;
};

// What a test may change; by these names in yl_emulator_set and in the environment.
struct Settings {
  std::int64_t seed = 1;
  std::int64_t driver_version = 13000;
  std::int64_t device_count = 1;
  std::int64_t compute_major = 9;
  std::int64_t compute_minor = 0;
  std::int64_t total_memory = std::int64_t{8} << 30;

  // Null if there is no such setting.
  std::int64_t* named(std::string_view name);
};

class Device {
 public:
  static Device& instance();

  std::mutex mutex;
  Memory memory;
  WorkQueue queue{[this](Pending& operation) { execute(operation); }};
  Settings settings;
  bool initialised = false;

  Handles<Stream> streams;
  Handles<Event> events;
  Handles<Graph> graphs;
  Handles<GraphExecutable> executables;
  Handles<Module> modules;

  // ---- Calls
  void count(const char* function) { ++calls_[function]; }
  // Function names come without a version, as in cuMemAlloc.
  std::int64_t calls(std::string_view function) const;
  void fail_call(const std::string& function, std::int64_t skip, std::int64_t times, Status status);
  void fail_kernel(const std::string& kernel, std::int64_t skip, Status status);
  // Whether there is such a setting.
  bool set(std::string_view setting, std::int64_t value);
  void hide_kernel(const std::string& kernel) { hidden_.push_back(kernel); }
  bool hides(const std::string& kernel) const;
  // Throws what was asked for by fail_call.
  void inject(const char* function);

  // ---- Faults
  // A broken rule: kept, told on stderr, and what every later call answers.
  void fault(Status status, const std::string& what);
  // An error of the device without a broken rule.
  void lose(Status status) { sticky_ = sticky_ == kSuccess ? status : sticky_; }
  Status sticky() const { return sticky_; }
  const std::deque<std::string>& faults() const { return faults_; }
  void check_memory(const std::string& after, bool all);

  // ---- Context
  Context* retain();
  void release();
  unsigned retained() const { return retained_; }
  // Whether a handle is that of the context that lives.
  bool alive(const Context* handle) const { return context_ != nullptr && handle == context_; }

  // ---- Work
  // The stream of a handle: the legacy stream, the thread's own, or one that was made.
  Stream& stream(Stream* handle);
  // On the stream's end, or into its capture.
  PendingPointer put(Stream& stream, Work work);
  // All that the stream's next work has to wait for.
  std::vector<PendingPointer> before(Stream& stream);
  void launch(Stream& stream, GraphExecutable& executable);
  void forget(const Stream* handle);

  // ---- Capture
  // Calls that wait, or that may: refused while this thread captures, or another captures in global mode.
  void refuse_while_capturing();
  // Calls that wait for everything.
  void refuse_any_capture();
  // Calls that wait for a stream.
  void refuse_captured(Stream& stream);
  void begin_capture(Stream& stream, CaptureMode mode);
  std::shared_ptr<Graph> end_capture(Stream& stream);
  void record(const std::shared_ptr<Event>& event, Stream& stream, bool external);
  void wait(Stream& stream, const std::shared_ptr<Event>& event, bool external);
  void refuse_captured(Event& event);

  // ---- Memory
  const Memory::Allocation* allocate(std::size_t bytes, bool pinned);
  void free(std::uintptr_t address, bool pinned, const char* function);
  // The live memory that holds all of the range; refuses with kInvalidValue.
  const Memory::Allocation& device_range(Range range) const;
  // Null for pageable memory; refuses what is only partly pinned.
  const Memory::Allocation* pinned_range(Range range) const;

  // ---- What is left over
  std::string leaks() const;
  std::size_t leak_count() const;

  // Everything as at the start; handles and memory of before are dead.
  void reset();

 private:
  struct Injection {
    std::int64_t skip, times;
    Status status;
  };

  Device() { configure(); }
  void configure();
  void apply_seed();
  void execute(Pending& operation);
  void run_kernel(const Work& work);
  void copy(const Pending& operation);
  void capture_node(Stream& stream, Work work);
  PendingPointer enqueue(Work work, const std::vector<PendingPointer>& after);
  [[noreturn]] void invalidate(Capture& capture, Status status);
  void destroy_context();

  std::unordered_map<std::string_view, std::int64_t> calls_;  // keys are literals
  std::unordered_map<std::string, Injection> failing_calls_, failing_kernels_;
  std::vector<std::string> hidden_;
  Status sticky_ = kSuccess;
  std::deque<std::string> faults_;
  std::string lost_with_context_;
  std::size_t lost_with_context_count_ = 0;

  std::vector<std::unique_ptr<Context>> contexts_;  // never reused, so that a stale handle stays stale
  Context* context_ = nullptr;
  unsigned retained_ = 0;

  std::shared_ptr<Stream> legacy_;
  std::unordered_map<std::thread::id, std::shared_ptr<Stream>> per_thread_;
  std::vector<PendingPointer> orphans_;  // last work of blocking streams that were destroyed
  std::vector<std::weak_ptr<Capture>> captures_;
};

}  // namespace yololoss::emulator
