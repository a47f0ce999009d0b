#include "thread_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace yololoss {
namespace {

constexpr int kThreads[] = {1, 2, 3, 8};
constexpr int kTasks[] = {0, 1, 2, 7, 8, 9, 1000};

// How often each task ran.
std::vector<int> counted(ThreadPool& pool, int tasks) {
  std::vector<int> runs(tasks, 0);
  std::atomic<int> strangers{0};
  pool.run(tasks, [&](int task, int worker) {
    runs[task]++;
    if (worker < 0 || worker >= pool.threads()) strangers++;
  });
  CHECK(strangers == 0);
  return runs;
}

TEST_CASE("every task runs once, round after round") {
  for (const int threads : kThreads) {
    ThreadPool pool(threads);
    CHECK(pool.threads() == threads);
    for (int round = 0; round < 50; ++round) {
      for (const int tasks : kTasks) CHECK(counted(pool, tasks) == std::vector<int>(tasks, 1));
    }
  }
}

TEST_CASE("a worker runs one task at a time") {
  for (const int threads : kThreads) {
    ThreadPool pool(threads);
    std::vector<int> per_worker(threads, 0);  // not atomic: two tasks on one worker would be a race, which TSan reports
    pool.run(5000, [&](int, int worker) { per_worker[worker]++; });
    int sum = 0;
    for (const int n : per_worker) sum += n;
    CHECK(sum == 5000);
  }
}

TEST_CASE("results by task do not depend on the number of threads") {
  const auto compute = [](ThreadPool& pool) {
    std::vector<double> out(777);
    pool.run(777, [&](int task, int) {
      double x = task;
      for (int i = 0; i < 100; ++i) x = x * 1.0000001 + 0.1 * task;
      out[task] = x;
    });
    return out;
  };
  ThreadPool one(1);
  const std::vector<double> expected = compute(one);
  for (const int threads : kThreads) {
    ThreadPool pool(threads);
    for (int round = 0; round < 20; ++round) CHECK(compute(pool) == expected);
  }
}

TEST_CASE("what a task throws reaches the caller, and the pool goes on") {
  for (const int threads : kThreads) {
    ThreadPool pool(threads);
    for (int round = 0; round < 20; ++round) {
      for (const int bad : {0, 1, 99}) {
        try {
          pool.run(100, [&](int task, int) {
            if (task == bad) throw std::runtime_error("task " + std::to_string(task));
          });
          FAIL("nothing was thrown");
        } catch (const std::runtime_error& e) {
          CHECK(e.what() == "task " + std::to_string(bad));
        }
        CHECK(counted(pool, 100) == std::vector<int>(100, 1));
      }
    }
    // all of them throw: one arrives
    CHECK_THROWS_AS(pool.run(100, [](int, int) { throw std::bad_alloc(); }), std::bad_alloc);
    CHECK(counted(pool, 3) == std::vector<int>(3, 1));
  }
}

TEST_CASE("pools stand side by side, and end without work") {
  for (int round = 0; round < 30; ++round) {
    ThreadPool a(3), b(2), idle(8);
    CHECK(counted(a, 10) == counted(b, 10));
  }
}

TEST_CASE("tasks really run on several threads") {
  ThreadPool pool(2);
  std::atomic<int> inside{0};
  // each of two tasks waits for the other: with one thread this would never end
  pool.run(2, [&](int, int) {
    inside++;
    while (inside < 2) std::this_thread::yield();
  });
  CHECK(inside == 2);
}

// Negative control: the count sees a task that was left out and one that ran twice.
TEST_CASE("a missing and a doubled task show") {
  ThreadPool pool(2);
  std::vector<int> runs(10, 0);
  pool.run(10, [&](int task, int) {
    if (task != 4) runs[task]++;
    if (task == 7) runs[task]++;
  });
  CHECK(runs != std::vector<int>(10, 1));
}

}  // namespace
}  // namespace yololoss
