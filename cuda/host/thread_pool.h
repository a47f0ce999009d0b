// Threads that live as long as the engine and share out numbered tasks. The caller works too; a pool of 1 has no thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace yololoss {

class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls work(context, task, worker) for every task in 0..tasks-1, each once, in no order; worker is in 0..threads-1. Returns when all
  // are done; rethrows the first exception.
  void run(int tasks, void (*work)(void* context, int task, int worker), void* context);

  template <typename Work>
  void run(int tasks, const Work& work) {
    run(
        tasks, [](void* context, int task, int worker) { (*static_cast<const Work*>(context))(task, worker); },
        const_cast<void*>(static_cast<const void*>(&work)));
  }

 private:
  void serve(int worker);
  void take_tasks(int worker);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::atomic<unsigned> round_{0};
  std::atomic<int> next_{0}, busy_{0};
  bool stop_ = false;
  int tasks_ = 0;
  void (*work_)(void*, int, int) = nullptr;
  void* context_ = nullptr;
  std::exception_ptr failure_;
};

}  // namespace yololoss
