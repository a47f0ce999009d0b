#include "device.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "../block_runner.h"

namespace yololoss::emulator {
namespace {

constexpr const char* kEnvironment = "YOLOLOSS_EMULATOR";

std::string hex(std::uintptr_t address) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(address));
  return text.data();
}

// Of memory that anybody may be writing.
__attribute__((no_sanitize("address"))) std::uint64_t digest(Range range) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(range.begin);
  std::uint64_t state = 0x9E3779B97F4A7C15U;
  std::size_t i = 0;
  for (; i + 8 <= range.bytes; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, sizeof word);
    state = (state ^ word) * 0xBF58476D1CE4E5B9U;
    state ^= state >> 29;
  }
  for (; i < range.bytes; ++i) state = (state ^ bytes[i]) * 0xBF58476D1CE4E5B9U;
  return state;
}

// cuMemAlloc_v2 and cuMemAlloc are one.
std::string_view without_version(std::string_view function) {
  const auto at = function.rfind("_v");
  return at != std::string_view::npos && at + 3 == function.size() ? function.substr(0, at) : function;
}

}  // namespace

std::int64_t* Settings::named(std::string_view name) {
  if (name == "seed") return &seed;
  if (name == "driver_version") return &driver_version;
  if (name == "device_count") return &device_count;
  if (name == "compute_major") return &compute_major;
  if (name == "compute_minor") return &compute_minor;
  if (name == "total_memory") return &total_memory;
  return nullptr;
}

Device& Device::instance() {
  static auto* const device = new Device;  // outlives every static destructor
  return *device;
}

// name=value, separated by commas.
void Device::configure() {
  const char* const text = std::getenv(kEnvironment);
  for (std::string_view rest = text == nullptr ? "" : text; !rest.empty();) {
    const auto item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const auto equals = std::min(item.find('='), item.size());
    auto* const setting = settings.named(item.substr(0, equals));
    const auto number = item.substr(std::min(equals + 1, item.size()));
    std::int64_t value = 0;
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), value);
    if (setting == nullptr || parsed.ec != std::errc() || parsed.ptr != number.data() + number.size())
      fault(kInvalidValue,
            "the environment's " + std::string(kEnvironment) + " has \"" + std::string(item) + "\", which is no setting=number");
    else
      *setting = value;
  }
  apply_seed();
}

bool Device::set(std::string_view name, std::int64_t value) {
  auto* const setting = settings.named(name);
  if (setting == nullptr) return false;
  *setting = value;
  if (setting == &settings.seed) apply_seed();
  return true;
}

void Device::apply_seed() {
  queue.seed(static_cast<std::uint64_t>(settings.seed));
  seed_order(static_cast<std::uint64_t>(settings.seed));
}

// ---- Calls

std::int64_t Device::calls(std::string_view function) const {
  const auto found = calls_.find(without_version(function));
  return found == calls_.end() ? 0 : found->second;
}

void Device::fail_call(const std::string& function, std::int64_t skip, std::int64_t times, Status status) {
  failing_calls_[std::string(without_version(function))] = {skip, times, status};
}

void Device::fail_kernel(const std::string& kernel, std::int64_t skip, Status status) { failing_kernels_[kernel] = {skip, 1, status}; }

bool Device::hides(const std::string& kernel) const { return std::find(hidden_.begin(), hidden_.end(), kernel) != hidden_.end(); }

void Device::inject(const char* function) {
  if (failing_calls_.empty()) return;
  const auto found = failing_calls_.find(function);
  if (found == failing_calls_.end()) return;
  auto& injection = found->second;
  if (injection.skip-- > 0) return;
  const auto status = injection.status;
  if (--injection.times == 0) failing_calls_.erase(found);
  throw Refusal{status};
}

// ---- Faults

void Device::fault(Status status, const std::string& what) {
  faults_.push_back(what);
  std::fprintf(stderr, "yololoss emulated device: %s\n", what.c_str());
  lose(status);
}

void Device::check_memory(const std::string& after, bool all) {
  if (const auto damage = memory.damage(all)) fault(kIllegalAddress, after + ": " + *damage);
}

// ---- Context

Context* Device::retain() {
  if (retained_++ == 0)
    context_ = contexts_.emplace_back(std::make_unique<Context>(Context{static_cast<unsigned>(contexts_.size())})).get();
  return context_;
}

void Device::release() {
  if (retained_ == 0) throw Refusal{kInvalidContext};
  if (--retained_ == 0) destroy_context();
}

// All that belongs to the context goes with it; what nobody has freed stays on the list of leaks.
void Device::destroy_context() {
  queue.finish_all();
  lost_with_context_ += leaks();
  lost_with_context_count_ = leak_count();
  if (sticky_ == kSuccess) check_memory("the end of the context", true);
  while (!memory.live().empty()) memory.free(memory.live().begin()->second);
  streams.clear();
  events.clear();
  graphs.clear();
  executables.clear();
  modules.clear();
  legacy_.reset();
  per_thread_.clear();
  orphans_.clear();
  captures_.clear();
  context_ = nullptr;
}

// ---- Work

Stream& Device::stream(Stream* handle) {
  const auto number = reinterpret_cast<std::uintptr_t>(handle);
  if (number <= 1) {
    if (legacy_ == nullptr) legacy_ = std::make_shared<Stream>(Stream{.flags = 0, .legacy = true, .blocking = false});
    return *legacy_;
  }
  if (number == 2) {
    auto& own = per_thread_[std::this_thread::get_id()];
    if (own == nullptr) own = std::make_shared<Stream>(Stream{.flags = 0, .legacy = false, .blocking = true});
    return *own;
  }
  const auto found = streams.find(handle);
  if (found == nullptr) throw Refusal{kInvalidHandle};
  return *found;
}

std::vector<PendingPointer> Device::before(Stream& stream) {
  std::vector<PendingPointer> before{stream.last};
  if (stream.blocking && legacy_ != nullptr) before.push_back(legacy_->last);
  if (!stream.legacy) return before;
  for (const auto& [handle, other] : streams.all())
    if (other->blocking) before.push_back(other->last);
  for (const auto& [thread, other] : per_thread_) before.push_back(other->last);
  std::erase_if(orphans_, [](const PendingPointer& operation) { return operation->done; });
  before.insert(before.end(), orphans_.begin(), orphans_.end());
  return before;
}

PendingPointer Device::put(Stream& stream, Work work) {
  if (stream.capture != nullptr) {
    capture_node(stream, std::move(work));
    return nullptr;
  }
  if (stream.legacy) {
    for (const auto& [handle, other] : streams.all())
      if (other->blocking && other->capture != nullptr) invalidate(*other->capture, kCaptureImplicit);
    for (const auto& [thread, other] : per_thread_)
      if (other->capture != nullptr) invalidate(*other->capture, kCaptureImplicit);
  }
  stream.last = enqueue(std::move(work), before(stream));
  return stream.last;
}

// What the host may not touch meanwhile shows when it does: pinned memory that is going to be read must stay as it is,
// and what is going to be written holds nothing yet.
PendingPointer Device::enqueue(Work work, const std::vector<PendingPointer>& after) {
  std::optional<std::uint64_t> seen;
  if (work.kind == Work::Kind::copy && work.source == Place::pinned) {
    const Range range{work.from, work.bytes};
    if (queue.pending_that([&](const Work& other) { return other.writes_host(range); }) == nullptr) seen = digest(range);
  }
  if (work.kind == Work::Kind::copy && work.target == Place::pinned) {
    const Range range{work.to, work.bytes};
    if (queue.pending_that([&](const Work& other) { return other.reads_host(range); }) == nullptr) poison(range);
  }
  return queue.put(std::move(work), after, seen);
}

void Device::launch(Stream& stream, GraphExecutable& executable) {
  const auto& nodes = executable.graph.nodes;
  if (stream.capture != nullptr) {
    auto& into = stream.capture->graph.nodes;
    const auto first = into.size(), start = first;
    capture_node(stream, {.kind = Work::Kind::join, .call = "cuGraphLaunch"});
    for (const auto& node : nodes) {
      Node added{node.work, {start}};
      for (const auto before : node.after) added.after.push_back(first + 1 + before);
      into.push_back(std::move(added));
      stream.frontier.push_back(into.size() - 1);
    }
    return;
  }
  auto outer = before(stream);
  outer.push_back(executable.last_launch);
  std::vector<PendingPointer> made;
  std::vector<PendingPointer> ends = outer;
  for (const auto& node : nodes) {
    auto after = outer;
    for (const auto before : node.after) after.push_back(made[before]);
    if (node.work.waits_for_event) after.push_back(node.work.event->recorded);
    made.push_back(enqueue(node.work, after));
    if (node.work.kind == Work::Kind::record) {
      node.work.event->recorded = made.back();
      node.work.event->captured_by.reset();
    }
    ends.push_back(made.back());
  }
  executable.last_launch = stream.last = queue.put({.kind = Work::Kind::join, .call = "cuGraphLaunch"}, ends);
}

void Device::forget(const Stream* handle) {
  const auto stream = streams.find(handle);
  if (stream == nullptr) throw Refusal{kInvalidHandle};
  if (stream->capture != nullptr) stream->capture->invalid = true;
  if (stream->blocking && stream->last != nullptr) orphans_.push_back(stream->last);
  streams.remove(handle);
}

void Device::execute(Pending& operation) {
  const auto& work = operation.work;
  if (work.kind == Work::Kind::record) work.event->time = std::chrono::steady_clock::now();
  if (sticky_ != kSuccess) return;  // a lost device does nothing any more
  switch (work.kind) {
    case Work::Kind::kernel:
      return run_kernel(work);
    case Work::Kind::copy:
      return copy(operation);
    case Work::Kind::fill: {
      const auto* const there = memory.find(work.to);
      if (there == nullptr || !there->range.contains({work.to, work.bytes}))
        return fault(kIllegalAddress, work.text() + " to " + hex(work.to) + ": the memory was freed before it was done");
      for (std::size_t at = 0; at < work.bytes; at += work.width)
        std::memcpy(reinterpret_cast<void*>(work.to + at), &work.from, work.width);
      return;
    }
    case Work::Kind::record:
    case Work::Kind::join:
      return;
  }
}

void Device::run_kernel(const Work& work) {
  const auto failing = failing_kernels_.find(work.kernel->name);
  if (failing != failing_kernels_.end() && failing->second.skip-- <= 0) {
    const auto status = failing->second.status;
    failing_kernels_.erase(failing);
    return lose(status);
  }
  for (std::size_t i = 0; i < work.kernel->parameters.size(); ++i) {
    const auto& parameter = work.kernel->parameters[i];
    std::uintptr_t address = 0;
    if (parameter.pointee == 0) continue;
    std::memcpy(&address, work.arguments.data() + parameter.offset, sizeof address);
    if (address == 0) continue;
    const auto what = "kernel " + work.kernel->name + ": argument " + std::to_string(i) + " is " + hex(address);
    const auto* const there = memory.find(address);
    if (address % parameter.alignment != 0)
      return fault(kMisalignedAddress, what + ", not a multiple of " + std::to_string(parameter.alignment));
    if (there == nullptr || !there->range.contains({address, parameter.pointee}))
      return fault(kIllegalAddress, what + ", where there are no " + std::to_string(parameter.pointee) + " bytes of device memory");
    if (parameter.is_whole && (there->range.begin != address || there->range.bytes != parameter.pointee))
      return fault(kIllegalAddress, what + ", where there is something else than " + std::to_string(parameter.pointee) + " bytes alone");
  }
  try {
    work.kernel->run(*work.kernel, work.grid, work.block, work.arguments.data());
  } catch (const KernelFault& broken) {
    return fault(kLaunchFailed, broken.what());
  }
  check_memory(work.text(), false);
}

void Device::copy(const Pending& operation) {
  const auto& work = operation.work;
  const auto gone = [&](std::uintptr_t address, Place place) {
    if (place == Place::pageable) return false;
    const auto* const there = memory.find(address);
    return there == nullptr || !there->range.contains({address, work.bytes});
  };
  if (gone(work.to, work.target))
    return fault(kIllegalAddress, work.text() + " to " + hex(work.to) + ": the memory was freed before it was done");
  if (gone(work.from, work.source))
    return fault(kIllegalAddress, work.text() + " from " + hex(work.from) + ": the memory was freed before it was done");
  if (operation.digest && *operation.digest != digest({work.from, work.bytes}))
    return fault(kIllegalAddress,
                 work.text() + " from " + hex(work.from) + ": the pinned memory was written to before the copy had read it");
  const void* const from = work.pageable != nullptr ? work.pageable->data() : reinterpret_cast<const void*>(work.from);
  std::memmove(reinterpret_cast<void*>(work.to), from, work.bytes);
}

// ---- Capture

void Device::invalidate(Capture& capture, Status status) {
  capture.invalid = true;
  throw Refusal{status};
}

void Device::refuse_while_capturing() {
  const auto self = std::this_thread::get_id();
  for (const auto& weak : captures_) {
    const auto capture = weak.lock();
    if (capture == nullptr) continue;
    const bool concerns = capture->thread == self ? capture->mode != CaptureMode::relaxed : capture->mode == CaptureMode::global;
    if (concerns) invalidate(*capture, kCaptureUnsupported);
  }
}

void Device::refuse_any_capture() {
  for (const auto& weak : captures_)
    if (const auto capture = weak.lock()) invalidate(*capture, kCaptureUnsupported);
}

void Device::refuse_captured(Stream& stream) {
  if (stream.capture != nullptr) invalidate(*stream.capture, kCaptureUnsupported);
  if (stream.legacy)
    for (const auto& [handle, other] : streams.all())
      if (other->blocking && other->capture != nullptr) invalidate(*other->capture, kCaptureImplicit);
  refuse_while_capturing();
}

void Device::refuse_captured(Event& event) {
  if (event.captured_by != nullptr && !event.captured_by->ended) invalidate(*event.captured_by, kCapturedEvent);
  if (event.captured_by != nullptr) throw Refusal{kCapturedEvent};
  refuse_while_capturing();
}

void Device::begin_capture(Stream& stream, CaptureMode mode) {
  if (stream.legacy) throw Refusal{kCaptureUnsupported};
  if (stream.capture != nullptr) throw Refusal{kIllegalState};
  stream.capture = std::make_shared<Capture>(Capture{.origin = &stream, .thread = std::this_thread::get_id(), .mode = mode});
  stream.frontier.clear();
  std::erase_if(captures_, [](const auto& capture) { return capture.expired(); });
  captures_.push_back(stream.capture);
}

std::shared_ptr<Graph> Device::end_capture(Stream& stream) {
  const auto capture = stream.capture;
  if (capture == nullptr) throw Refusal{kIllegalState};
  if (capture->mode != CaptureMode::relaxed && capture->thread != std::this_thread::get_id()) throw Refusal{kCaptureWrongThread};
  if (capture->origin != &stream) invalidate(*capture, kCaptureUnmatched);
  // Every node has to lead to the origin's end.
  std::vector<bool> joined(capture->graph.nodes.size());
  for (const auto node : stream.frontier) joined[node] = true;
  for (std::size_t i = joined.size(); i-- > 0;)
    if (joined[i])
      for (const auto before : capture->graph.nodes[i].after) joined[before] = true;
  const bool whole = std::find(joined.begin(), joined.end(), false) == joined.end();
  capture->ended = true;
  const auto end = [&](Stream& of) {
    if (of.capture != capture) return;
    of.capture.reset();
    of.frontier.clear();
  };
  for (const auto& [handle, other] : streams.all()) end(*other);
  for (const auto& [thread, other] : per_thread_) end(*other);
  std::erase_if(captures_, [&](const auto& other) { return other.expired() || other.lock() == capture; });
  auto graph = std::make_shared<Graph>(std::exchange(capture->graph, {}));
  if (capture->invalid) throw Refusal{kCaptureInvalidated};
  if (!whole) throw Refusal{kCaptureUnjoined};
  return graph;
}

void Device::capture_node(Stream& stream, Work work) {
  auto& capture = *stream.capture;
  if (capture.invalid) throw Refusal{kCaptureInvalidated};
  capture.graph.nodes.push_back({std::move(work), stream.frontier});
  stream.frontier = {capture.graph.nodes.size() - 1};
}

void Device::record(const std::shared_ptr<Event>& event, Stream& stream, bool external) {
  if (stream.capture != nullptr && !external) {
    if (stream.capture->invalid) throw Refusal{kCaptureInvalidated};
    event->captured_by = stream.capture;
    event->captured_after = stream.frontier;
    return;
  }
  const auto recorded = put(stream, {.kind = Work::Kind::record, .call = "cuEventRecord", .event = event});
  if (recorded == nullptr) return;  // a node of a graph: recorded when that is launched
  event->recorded = recorded;
  event->captured_by.reset();
}

void Device::wait(Stream& stream, const std::shared_ptr<Event>& event, bool external) {
  const auto& from = event->captured_by;
  if (external) {
    if (stream.capture == nullptr) throw Refusal{kInvalidValue};
    capture_node(stream, {.kind = Work::Kind::join, .call = "cuStreamWaitEvent", .event = event, .waits_for_event = true});
  } else if (from != nullptr) {
    if (from->ended || from->invalid) throw Refusal{from->ended ? kCapturedEvent : kCaptureInvalidated};
    if (stream.legacy) invalidate(*from, kCaptureImplicit);
    if (stream.capture != nullptr && stream.capture != from) {
      stream.capture->invalid = true;
      invalidate(*from, kCaptureMerge);
    }
    if (stream.capture == nullptr) stream.frontier.clear();
    stream.capture = from;
    for (const auto node : event->captured_after)
      if (std::find(stream.frontier.begin(), stream.frontier.end(), node) == stream.frontier.end()) stream.frontier.push_back(node);
  } else if (event->recorded != nullptr) {
    if (stream.capture != nullptr) invalidate(*stream.capture, kCaptureIsolation);
    auto after = before(stream);
    after.push_back(event->recorded);
    stream.last = queue.put({.kind = Work::Kind::join, .call = "cuStreamWaitEvent"}, after);
  }
}

// ---- Memory

const Memory::Allocation* Device::allocate(std::size_t bytes, bool pinned) {
  if (bytes == 0) throw Refusal{kInvalidValue};
  if (!pinned && bytes > static_cast<std::size_t>(settings.total_memory) - memory.device_bytes()) throw Refusal{kOutOfMemory};
  const auto* const allocation = memory.allocate(bytes, pinned);
  if (allocation == nullptr) throw Refusal{kOutOfMemory};
  return allocation;
}

// A real driver may wait for the device here, but promises nothing; so this one does not.
void Device::free(std::uintptr_t address, bool pinned, const char* function) {
  const auto* const allocation = memory.starting_at(address);
  if (allocation == nullptr || allocation->pinned != pinned) throw Refusal{kInvalidValue};
  const auto text = std::string(function) + " of " + allocation->text();
  const auto* const user = queue.pending_that([&](const Work& work) { return work.uses(allocation->range); });
  if (user != nullptr && sticky_ == kSuccess) fault(kIllegalAddress, text + " while " + user->text() + " that uses it is not done");
  if (const auto damage = memory.free(*allocation)) fault(kIllegalAddress, text + ": " + *damage);
}

const Memory::Allocation& Device::device_range(Range range) const {
  const auto* const found = memory.find(range.begin);
  if (found == nullptr || found->pinned || !found->range.contains(range)) throw Refusal{kInvalidValue};
  return *found;
}

const Memory::Allocation* Device::pinned_range(Range range) const {
  const auto* const found = memory.find(range.begin);
  if (found == nullptr || !found->range.overlaps(range)) return nullptr;
  if (!found->pinned || !found->range.contains(range)) throw Refusal{kInvalidValue};
  return found;
}

// ---- What is left over

std::size_t Device::leak_count() const {
  return lost_with_context_count_ + memory.live().size() + streams.size() + events.size() + graphs.size() + executables.size() +
         modules.size() + (retained_ > 0 ? 1 : 0);
}

std::string Device::leaks() const {
  auto text = lost_with_context_;
  for (const auto& [address, allocation] : memory.live()) text += allocation.text() + "\n";
  const auto count = [&](std::size_t number, const char* what) {
    if (number > 0) text += std::to_string(number) + " " + what + "\n";
  };
  count(streams.size(), "streams");
  count(events.size(), "events");
  count(graphs.size(), "graphs");
  count(executables.size(), "executable graphs");
  count(modules.size(), "modules");
  count(retained_, "uses of the primary context");
  return text;
}

void Device::reset() {
  lose(kDeinitialized);  // what is pending is not done
  if (context_ != nullptr) destroy_context();
  memory.clear();
  retained_ = 0;
  initialised = false;
  settings = {};
  calls_.clear();
  failing_calls_.clear();
  failing_kernels_.clear();
  hidden_.clear();
  faults_.clear();
  sticky_ = kSuccess;
  lost_with_context_.clear();
  lost_with_context_count_ = 0;
  configure();
}

}  // namespace yololoss::emulator
