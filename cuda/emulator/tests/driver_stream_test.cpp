// Work is done late and in any order that streams and events permit.
#include <cmath>
#include <set>
#include <thread>

#include "driver.h"

using namespace yololoss::emulator;
using namespace yololoss::emulator::test;

namespace {

constexpr int kSeeds = 30;

// The values that a piece of memory ends up with, over many seeds.
template <typename Body>
std::set<float> outcomes(Body body) {
  std::set<float> seen;
  for (int seed = 0; seed < kSeeds; ++seed) {
    Session session(seed);
    const auto memory = session.floats(32);
    body(session, memory);
    REQUIRE(cuCtxSynchronize() == kSuccess);
    seen.insert(Session::now(memory));
  }
  return seen;
}

}  // namespace

TEST_CASE("nothing is done before somebody waits") {
  Session session;
  const auto stream = session.stream();
  const auto memory = session.floats(32);
  CHECK(session.fill(memory, 32, 5, stream) == kSuccess);
  CHECK(std::isnan(Session::now(memory)));
  CHECK(yl_emulator_pending() == 1);
  CHECK(cuStreamSynchronize(stream) == kSuccess);
  CHECK(Session::now(memory) == 5);
  CHECK(yl_emulator_pending() == 0);
}

TEST_CASE("a stream keeps its order") {
  const auto seen = outcomes([](Session& session, Address memory) {
    const auto stream = session.stream();
    for (int i = 0; i < 10; ++i) CHECK(session.fill(memory, 32, static_cast<float>(i), stream) == kSuccess);
  });
  CHECK(seen == std::set<float>{9});
}

TEST_CASE("two streams keep none") {
  const auto seen = outcomes([](Session& session, Address memory) {
    CHECK(session.fill(memory, 32, 1, session.stream()) == kSuccess);
    CHECK(session.fill(memory, 32, 2, session.stream()) == kSuccess);
  });
  CHECK(seen == std::set<float>{1, 2});
}

TEST_CASE("unless an event orders them") {
  const auto seen = outcomes([](Session& session, Address memory) {
    const auto first = session.stream(), second = session.stream(), event = session.event();
    CHECK(session.fill(memory, 32, 1, first) == kSuccess);
    CHECK(cuEventRecord(event, first) == kSuccess);
    CHECK(cuStreamWaitEvent(second, event, 0) == kSuccess);
    CHECK(session.fill(memory, 32, 2, second) == kSuccess);
  });
  CHECK(seen == std::set<float>{2});
}

TEST_CASE("an event stands for what it was recorded after, not for what follows") {
  const auto seen = outcomes([](Session& session, Address memory) {
    const auto first = session.stream(), second = session.stream(), event = session.event();
    CHECK(cuEventRecord(event, first) == kSuccess);
    CHECK(session.fill(memory, 32, 1, first) == kSuccess);
    CHECK(cuStreamWaitEvent(second, event, 0) == kSuccess);
    CHECK(session.fill(memory, 32, 2, second) == kSuccess);
  });
  CHECK(seen == std::set<float>{1, 2});
}

TEST_CASE("the legacy stream is ordered with blocking streams, both ways") {
  for (const Handle legacy : {static_cast<Handle>(nullptr), reinterpret_cast<Handle>(1)}) {
    const auto after = outcomes([&](Session& session, Address memory) {
      CHECK(session.fill(memory, 32, 1, session.stream(0)) == kSuccess);
      CHECK(session.fill(memory, 32, 2, legacy) == kSuccess);
    });
    CHECK(after == std::set<float>{2});
    const auto before = outcomes([&](Session& session, Address memory) {
      CHECK(session.fill(memory, 32, 1, legacy) == kSuccess);
      CHECK(session.fill(memory, 32, 2, session.stream(0)) == kSuccess);
    });
    CHECK(before == std::set<float>{2});
  }
}

TEST_CASE("the legacy stream knows nothing of non-blocking streams") {
  const auto seen = outcomes([](Session& session, Address memory) {
    CHECK(session.fill(memory, 32, 1, nullptr) == kSuccess);
    CHECK(session.fill(memory, 32, 2, session.stream(kNonBlocking)) == kSuccess);
  });
  CHECK(seen == std::set<float>{1, 2});
}

TEST_CASE("the legacy stream waits for blocking streams that were destroyed, and each thread has its own") {
  const auto seen = outcomes([](Session& session, Address memory) {
    const auto stream = session.stream(0);
    CHECK(session.fill(memory, 32, 1, reinterpret_cast<Handle>(2)) == kSuccess);
    CHECK(session.fill(memory, 32, 1, stream) == kSuccess);
    CHECK(cuStreamDestroy_v2(stream) == kSuccess);
    CHECK(cuStreamSynchronize(stream) == kInvalidHandle);
    CHECK(session.fill(memory, 32, 2, nullptr) == kSuccess);
  });
  CHECK(seen == std::set<float>{2});
}

TEST_CASE("pageable memory is read when the copy is asked for") {
  Session session;
  const auto stream = session.stream();
  const auto memory = session.floats(1);
  float host = 1;
  CHECK(cuMemcpyHtoDAsync_v2(memory, &host, 4, stream) == kSuccess);
  host = 2;
  CHECK(session.value(memory, stream) == 1);
}

TEST_CASE("a copy to pageable memory is done when it returns") {
  Session session;
  const auto stream = session.stream();
  const auto memory = session.floats(32);
  float host = 0;
  CHECK(session.fill(memory, 32, 3, stream) == kSuccess);
  CHECK(cuMemcpyDtoHAsync_v2(&host, memory, 4, stream) == kSuccess);
  CHECK(host == 3);
}

TEST_CASE("pinned memory is read when the copy is done") {
  Session session;
  const auto stream = session.stream();
  const auto memory = session.floats(1);
  auto* const staging = session.pinned(1);
  staging[0] = 1;
  CHECK(cuMemcpyHtoDAsync_v2(memory, staging, 4, stream) == kSuccess);
  CHECK(std::isnan(Session::now(memory)));
  CHECK(cuStreamSynchronize(stream) == kSuccess);
  CHECK(Session::now(memory) == 1);
}

TEST_CASE("a staging buffer that is reused too early is found") {
  Session session;
  const auto stream = session.stream();
  auto* const staging = session.pinned(4);
  for (int i = 0; i < 4; ++i) staging[i] = 1;
  CHECK(cuMemcpyHtoDAsync_v2(session.floats(4), staging, 16, stream) == kSuccess);
  staging[2] = 2;
  CHECK(cuStreamSynchronize(stream) == kIllegalAddress);
  CHECK(contains(fault(), "cuMemcpyHtoDAsync of 16 bytes from 0x"));
  CHECK(contains(fault(), "the pinned memory was written to before the copy had read it"));
}

TEST_CASE("a staging buffer that is reused after its event is not") {
  Session session;
  const auto stream = session.stream(), copied = session.event();
  const auto memory = session.floats(1);
  auto* const staging = session.pinned(1);
  for (int step = 0; step < 20; ++step) {
    CHECK(cuEventSynchronize(copied) == kSuccess);
    staging[0] = static_cast<float>(step);
    CHECK(cuMemcpyHtoDAsync_v2(memory, staging, 4, stream) == kSuccess);
    CHECK(cuEventRecord(copied, stream) == kSuccess);
  }
  CHECK(session.value(memory, stream) == 19);
  CHECK(yl_emulator_check() == 0);
}

TEST_CASE("the device may write a staging buffer that it reads next") {
  Session session;
  const auto stream = session.stream();
  const auto from = session.floats(32), to = session.floats(32);
  auto* const pinned = session.pinned(1);
  pinned[0] = 1;
  CHECK(cuMemcpyHtoDAsync_v2(to, pinned, 4, stream) == kSuccess);
  CHECK(session.fill(from, 32, 7, stream) == kSuccess);
  CHECK(cuMemcpyDtoHAsync_v2(pinned, from, 4, stream) == kSuccess);
  CHECK(pinned[0] == 1);  // still to be read
  CHECK(cuMemcpyHtoDAsync_v2(to, pinned, 4, stream) == kSuccess);
  CHECK(session.value(to, stream) == 7);
}

TEST_CASE("a result that is read too early is no number") {
  Session session;
  const auto stream = session.stream(), done = session.event();
  const auto memory = session.floats(32);
  auto* const result = session.pinned(1);
  result[0] = 4;
  CHECK(session.fill(memory, 32, 4, stream) == kSuccess);
  CHECK(cuMemcpyDtoHAsync_v2(result, memory, 4, stream) == kSuccess);
  CHECK(cuEventRecord(done, stream) == kSuccess);
  CHECK(std::isnan(result[0]));
  CHECK(cuEventSynchronize(done) == kSuccess);
  CHECK(result[0] == 4);
}

TEST_CASE("memory that is freed in use is found") {
  Session session;
  const auto stream = session.stream();
  const auto memory = session.floats(32);
  CHECK(session.fill(memory, 32, 1, stream) == kSuccess);
  CHECK(cuMemFree_v2(memory) == kIllegalAddress);
  CHECK(contains(fault(), "cuMemFree of device allocation"));
  CHECK(contains(fault(), "while kernel fill that uses it is not done"));
  CHECK(cuStreamSynchronize(stream) == kIllegalAddress);
}

TEST_CASE("pinned memory that is freed in use is found") {
  Session session;
  auto* const pinned = session.pinned(1);
  CHECK(cuMemcpyHtoDAsync_v2(session.floats(1), pinned, 4, session.stream()) == kSuccess);
  CHECK(cuMemFreeHost(pinned) == kIllegalAddress);
  CHECK(contains(fault(), "while cuMemcpyHtoDAsync of 4 bytes that uses it is not done"));
}

TEST_CASE("a module that is unloaded in use is found") {
  Session session;
  CHECK(session.fill(session.floats(32), 32, 1, session.stream()) == kSuccess);
  CHECK(cuModuleUnload(session.module()) == kIllegalAddress);
  CHECK(contains(fault(), "cuModuleUnload while kernel fill of it is not done"));
}

TEST_CASE("what is asked is not ready at once, but becomes so") {
  int late = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    Session session(seed);
    const auto stream = session.stream(), event = session.event();
    CHECK(cuStreamQuery(stream) == kSuccess);
    CHECK(cuEventQuery(event) == kSuccess);
    CHECK(session.fill(session.floats(32), 32, 1, stream) == kSuccess);
    CHECK(cuEventRecord(event, stream) == kSuccess);
    int answer = cuEventQuery(event);
    if (answer == kNotReady) ++late;
    while ((answer = cuEventQuery(event)) == kNotReady) {
    }
    CHECK(answer == kSuccess);
    while ((answer = cuStreamQuery(stream)) == kNotReady) {
    }
    CHECK(answer == kSuccess);
  }
  CHECK(late > 0);
}

TEST_CASE("time between events") {
  Session session;
  const auto stream = session.stream(), start = session.event(), end = session.event(), untimed = session.event(2);
  float milliseconds = -1;
  CHECK(cuEventElapsedTime(&milliseconds, start, end) == kInvalidHandle);
  CHECK(cuEventRecord(start, stream) == kSuccess);
  CHECK(session.fill(session.floats(32), 32, 1, stream) == kSuccess);
  CHECK(cuEventRecord(end, stream) == kSuccess);
  CHECK(cuEventRecord(untimed, stream) == kSuccess);
  CHECK(cuEventElapsedTime(&milliseconds, start, end) == kNotReady);
  CHECK(cuStreamSynchronize(stream) == kSuccess);
  CHECK(cuEventElapsedTime(&milliseconds, start, end) == kSuccess);
  CHECK(milliseconds > 0);
  CHECK(cuEventElapsedTime(&milliseconds, start, untimed) == kInvalidHandle);
}

TEST_CASE("a destroyed event still orders") {
  const auto seen = outcomes([](Session& session, Address memory) {
    const auto first = session.stream(), second = session.stream(), event = session.event();
    CHECK(session.fill(memory, 32, 1, first) == kSuccess);
    CHECK(cuEventRecord(event, first) == kSuccess);
    CHECK(cuStreamWaitEvent(second, event, 0) == kSuccess);
    CHECK(cuEventDestroy_v2(event) == kSuccess);
    CHECK(cuEventRecord(event, first) == kInvalidHandle);
    CHECK(session.fill(memory, 32, 2, second) == kSuccess);
  });
  CHECK(seen == std::set<float>{2});
}

TEST_CASE("the queue has an end") {
  Session session;
  const auto stream = session.stream();
  const auto memory = session.floats(32);
  for (int i = 0; i < 3000; ++i) CHECK(session.fill(memory, 32, static_cast<float>(i), stream) == kSuccess);
  CHECK(yl_emulator_pending() <= 1024);
  CHECK(session.value(memory, stream) == 2999);
}

TEST_CASE("threads work side by side") {
  Session session;
  std::vector<float> results(4);
  std::vector<std::thread> threads;
  threads.reserve(results.size());
  for (std::size_t t = 0; t < results.size(); ++t) {
    threads.emplace_back([&, t] {
      Address memory = 0;
      Handle stream = nullptr, function = nullptr;
      int count = 32, sum = cuMemAlloc_v2(&memory, 128);
      if (sum != kInvalidContext) return;  // each thread has to push the context itself
      sum = cuCtxPushCurrent_v2(session.context()) + cuMemAlloc_v2(&memory, 128) + cuStreamCreate(&stream, kNonBlocking) +
            cuModuleGetFunction(&function, session.module(), "fill");
      for (int i = 0; i <= 200; ++i) {
        auto value = static_cast<float>(t * 1000 + static_cast<std::size_t>(i));
        void* arguments[] = {&count, &value, &memory};
        sum += cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, stream, arguments, nullptr);
        if (i % 20 == 0) sum += cuStreamSynchronize(stream);
      }
      sum += cuMemcpyDtoHAsync_v2(&results[t], memory, 4, stream) + cuMemFree_v2(memory) + cuStreamDestroy_v2(stream) +
             cuCtxPopCurrent_v2(nullptr);
      if (sum != 0) results[t] = -1;
    });
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t t = 0; t < results.size(); ++t) CHECK(results[t] == static_cast<float>(t * 1000 + 200));
}
