// What the driver's handles stand for.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "work.h"
#include "work_queue.h"

namespace yololoss::emulator {

struct Node {
  Work work;
  std::vector<std::size_t> after;  // nodes before it
};

struct Graph {
  std::vector<Node> nodes;
};

struct GraphExecutable {
  Graph graph;
  PendingPointer last_launch;  // one launch of it runs after another
};

enum class CaptureMode : std::uint8_t { global, thread_local_, relaxed };

struct Stream;

struct Capture {
  const Stream* origin;
  std::thread::id thread;
  CaptureMode mode;
  bool invalid = false, ended = false;
  Graph graph{};
};

struct Stream {
  unsigned flags;
  bool legacy;
  bool blocking;  // ordered with the legacy stream
  PendingPointer last{};
  std::shared_ptr<Capture> capture{};
  std::vector<std::size_t> frontier{};  // captured nodes that the next one comes after
};

struct Event {
  bool timed;
  PendingPointer recorded{};
  std::chrono::steady_clock::time_point time{};
  std::shared_ptr<Capture> captured_by{};  // last recorded in this capture
  std::vector<std::size_t> captured_after{};
};

struct Context {
  unsigned number;
};

struct Function {
  const Kernel* kernel;
};

struct Module {
  std::unordered_map<std::string, std::unique_ptr<Function>> functions{};  // those that were asked for
};

// Objects by the handle that the caller holds; a stale handle is found out.
template <typename T>
class Handles {
 public:
  T* add(std::shared_ptr<T> object) {
    auto* const handle = object.get();
    objects_.emplace(handle, std::move(object));
    return handle;
  }
  std::shared_ptr<T> find(const T* handle) const {
    const auto found = objects_.find(handle);
    return found == objects_.end() ? nullptr : found->second;
  }
  bool remove(const T* handle) { return objects_.erase(handle) > 0; }
  void clear() { objects_.clear(); }
  std::size_t size() const { return objects_.size(); }
  const auto& all() const { return objects_; }

 private:
  std::unordered_map<const T*, std::shared_ptr<T>> objects_;
};

}  // namespace yololoss::emulator
