// Capture of streams into graphs, and what the driver refuses meanwhile.
#include <cmath>
#include <set>
#include <thread>

#include "driver.h"

using namespace yololoss::emulator;
using namespace yololoss::emulator::test;

namespace {

int capturing(Handle stream) {
  int status = -1;
  CHECK(cuStreamIsCapturing(stream, &status) == kSuccess);
  return status;
}

// The end of a capture that something has spoilt; the stream works again afterwards.
void check_spoilt(Session& session, Handle stream, Address memory) {
  Handle graph = stream;
  CHECK(capturing(stream) == 2);
  CHECK(cuMemsetD8Async(memory, 0, 1, stream) == kCaptureInvalidated);
  CHECK(cuStreamEndCapture(stream, &graph) == kCaptureInvalidated);
  CHECK(graph == nullptr);
  CHECK(capturing(stream) == 0);
  const auto fresh = session.floats(32);
  CHECK(session.fill(fresh, 32, 3, stream) == kSuccess);
  CHECK(session.value(fresh, stream) == 3);
}

}  // namespace

TEST_CASE("a captured step runs when its graph is launched, each time with what is there then") {
  Session session;
  const auto stream = session.stream(), other = session.stream();
  const auto input = session.floats(256), sum = session.floats(1);
  auto* const staging = session.pinned(256);
  auto* const result = session.pinned(1);
  const auto graph = session.captured(stream, [&] {
    CHECK(capturing(stream) == 1);
    CHECK(cuMemcpyHtoDAsync_v2(input, staging, 1024, stream) == kSuccess);
    CHECK(cuMemsetD8Async(sum, 0, 4, stream) == kSuccess);
    CHECK(session.launch("block_sum", 1, 256, stream, input, 256, sum) == kSuccess);
    CHECK(cuMemcpyDtoHAsync_v2(result, sum, 4, stream) == kSuccess);
  });
  CHECK(capturing(stream) == 0);
  CHECK(yl_emulator_pending() == 0);
  for (int step = 1; step < 10; ++step) {
    for (int i = 0; i < 256; ++i) staging[i] = static_cast<float>(step);
    const auto on = step % 2 == 0 ? stream : other;
    CHECK(cuGraphLaunch(graph, on) == kSuccess);
    CHECK(std::isnan(result[0]));
    CHECK(cuStreamSynchronize(on) == kSuccess);
    CHECK(result[0] == 256.0F * static_cast<float>(step));
  }
  CHECK(cuGraphExecDestroy(graph) == kSuccess);
  CHECK(cuGraphLaunch(graph, stream) == kInvalidHandle);
}

TEST_CASE("a staging buffer of a graph that is reused too early is found") {
  Session session;
  const auto stream = session.stream();
  const auto memory = session.floats(1);
  auto* const staging = session.pinned(1);
  const auto graph = session.captured(stream, [&] { CHECK(cuMemcpyHtoDAsync_v2(memory, staging, 4, stream) == kSuccess); });
  CHECK(cuGraphLaunch(graph, stream) == kSuccess);
  CHECK(cuStreamSynchronize(stream) == kSuccess);
  staging[0] = 1;
  CHECK(cuGraphLaunch(graph, stream) == kSuccess);
  staging[0] = 2;
  CHECK(cuStreamSynchronize(stream) == kIllegalAddress);
  CHECK(contains(fault(), "was written to before the copy had read it"));
}

TEST_CASE("a graph that is launched after its memory was freed is found") {
  Session session;
  const auto stream = session.stream();
  const auto memory = session.floats(32);
  const auto graph = session.captured(stream, [&] { CHECK(session.fill(memory, 32, 1, stream) == kSuccess); });
  CHECK(cuMemFree_v2(memory) == kSuccess);
  CHECK(cuGraphLaunch(graph, stream) == kSuccess);
  CHECK(cuStreamSynchronize(stream) == kIllegalAddress);
  CHECK(contains(fault(), "kernel fill: argument 2 is 0x"));
}

TEST_CASE("the legacy stream cannot be captured") {
  Session session;
  for (const auto mode : {kGlobal, kThreadLocal, kRelaxed}) {
    CHECK(cuStreamBeginCapture_v2(nullptr, static_cast<int>(mode)) == kCaptureUnsupported);
    CHECK(cuStreamBeginCapture_v2(reinterpret_cast<Handle>(1), static_cast<int>(mode)) == kCaptureUnsupported);
  }
}

TEST_CASE("begin and end belong together") {
  Session session;
  const auto stream = session.stream();
  Handle graph = nullptr;
  CHECK(cuStreamBeginCapture_v2(stream, 3) == kInvalidValue);
  CHECK(cuStreamEndCapture(stream, &graph) == kIllegalState);
  CHECK(cuStreamBeginCapture_v2(stream, kThreadLocal) == kSuccess);
  CHECK(cuStreamBeginCapture_v2(stream, kThreadLocal) == kIllegalState);
  int elsewhere = 0;
  std::thread([&] {
    cuCtxPushCurrent_v2(session.context());
    elsewhere = cuStreamEndCapture(stream, &graph);
  }).join();
  CHECK(elsewhere == kCaptureWrongThread);
  CHECK(cuStreamEndCapture(stream, &graph) == kSuccess);
  std::size_t nodes = 1;
  CHECK(cuGraphGetNodes(graph, nullptr, &nodes) == kSuccess);
  CHECK(nodes == 0);
  CHECK(cuGraphDestroy(graph) == kSuccess);
  CHECK(cuGraphDestroy(graph) == kInvalidHandle);
}

TEST_CASE("what waits spoils a capture") {
  for (int call = 0; call < 6; ++call) {
    CAPTURE(call);
    Session session;
    const auto stream = session.stream(), other = session.stream(), event = session.event();
    const auto memory = session.floats(1);
    float host = 0;
    CHECK(cuStreamBeginCapture_v2(stream, kThreadLocal) == kSuccess);
    switch (call) {
      case 0:
        CHECK(cuStreamSynchronize(stream) == kCaptureUnsupported);
        break;
      case 1:
        CHECK(cuStreamQuery(stream) == kCaptureUnsupported);
        break;
      case 2:
        CHECK(cuCtxSynchronize() == kCaptureUnsupported);
        break;
      case 3:
        CHECK(cuStreamSynchronize(other) == kCaptureUnsupported);
        break;
      case 4:
        CHECK(cuEventSynchronize(event) == kCaptureUnsupported);
        break;
      default:
        CHECK(cuMemcpyDtoHAsync_v2(&host, memory, 4, stream) == kCaptureUnsupported);
    }
    check_spoilt(session, stream, memory);
  }
}

TEST_CASE("what may wait spoils a capture, unless it is relaxed") {
  for (const auto mode : {kGlobal, kThreadLocal, kRelaxed}) {
    for (int call = 0; call < 5; ++call) {
      CAPTURE(mode);
      CAPTURE(call);
      Session session;
      const auto stream = session.stream(), event = session.event();
      const auto memory = session.floats(1), freed = session.floats(1);
      auto* const pinned = session.pinned(1);
      Address address = 0;
      void* more = nullptr;
      const auto expected = mode == kRelaxed ? kSuccess : kCaptureUnsupported;
      CHECK(cuStreamBeginCapture_v2(stream, static_cast<int>(mode)) == kSuccess);
      switch (call) {
        case 0:
          CHECK(cuMemAlloc_v2(&address, 4) == expected);
          break;
        case 1:
          CHECK(cuMemFree_v2(freed) == expected);
          break;
        case 2:
          CHECK(cuMemHostAlloc(&more, 4, 0) == expected);
          break;
        case 3:
          CHECK(cuEventQuery(event) == expected);
          break;
        default:
          CHECK(cuMemcpyHtoD_v2(memory, pinned, 4) == expected);
      }
      if (expected != kSuccess) check_spoilt(session, stream, memory);
    }
  }
}

TEST_CASE("other threads go on beside a thread's own capture, not beside a global one") {
  for (const auto mode : {kGlobal, kThreadLocal, kRelaxed}) {
    CAPTURE(mode);
    Session session;
    const auto stream = session.stream();
    int status = -1;
    CHECK(cuStreamBeginCapture_v2(stream, static_cast<int>(mode)) == kSuccess);
    std::thread([&] {
      Address address = 0;
      cuCtxPushCurrent_v2(session.context());
      status = cuMemAlloc_v2(&address, 4);
    }).join();
    CHECK(status == (mode == kGlobal ? kCaptureUnsupported : kSuccess));
    CHECK(capturing(stream) == (mode == kGlobal ? 2 : 1));
  }
}

TEST_CASE("the legacy stream and a blocking stream in capture exclude each other") {
  Session session;
  const auto blocking = session.stream(0);
  const auto memory = session.floats(32);
  CHECK(cuStreamBeginCapture_v2(blocking, kRelaxed) == kSuccess);
  CHECK(session.fill(memory, 32, 1, nullptr) == kCaptureImplicit);
  check_spoilt(session, blocking, memory);
  CHECK(cuStreamBeginCapture_v2(blocking, kRelaxed) == kSuccess);
  CHECK(cuStreamSynchronize(nullptr) == kCaptureImplicit);
  check_spoilt(session, blocking, memory);
  const auto independent = session.stream(kNonBlocking);
  Handle graph = nullptr;
  CHECK(cuStreamBeginCapture_v2(independent, kRelaxed) == kSuccess);
  CHECK(session.fill(memory, 32, 1, nullptr) == kSuccess);
  CHECK(cuStreamEndCapture(independent, &graph) == kSuccess);
}

TEST_CASE("a capture forks and joins by events, and its branches keep no order") {
  std::set<float> raced, joined;
  for (int seed = 0; seed < 30; ++seed) {
    Session session(seed);
    const auto stream = session.stream(), branch = session.stream(), fork = session.event(2), join = session.event(2);
    const auto race = session.floats(32), order = session.floats(32), next = session.floats(32);
    const auto graph = session.captured(stream, [&] {
      CHECK(session.fill(order, 32, 1, stream) == kSuccess);
      CHECK(cuEventRecord(fork, stream) == kSuccess);
      CHECK(cuStreamWaitEvent(branch, fork, 0) == kSuccess);
      CHECK(capturing(branch) == 1);
      CHECK(session.fill(order, 32, 2, branch) == kSuccess);
      CHECK(session.fill(race, 32, 2, branch) == kSuccess);
      CHECK(session.fill(race, 32, 1, stream) == kSuccess);
      CHECK(cuEventRecord(join, branch) == kSuccess);
      CHECK(cuStreamWaitEvent(stream, join, 0) == kSuccess);
      CHECK(session.launch("adds_one", 1, 1, stream, order, next) == kSuccess);
    });
    CHECK(capturing(branch) == 0);
    CHECK(cuGraphLaunch(graph, stream) == kSuccess);
    CHECK(cuStreamSynchronize(stream) == kSuccess);
    raced.insert(Session::now(race));
    joined.insert(Session::now(order));
  }
  CHECK(raced == std::set<float>{1, 2});
  CHECK(joined == std::set<float>{3});
}

TEST_CASE("a branch that does not come back") {
  Session session;
  const auto stream = session.stream(), branch = session.stream(), fork = session.event();
  const auto memory = session.floats(32);
  Handle graph = nullptr;
  CHECK(cuStreamBeginCapture_v2(stream, kThreadLocal) == kSuccess);
  CHECK(cuEventRecord(fork, stream) == kSuccess);
  CHECK(cuStreamWaitEvent(branch, fork, 0) == kSuccess);
  CHECK(session.fill(memory, 32, 1, branch) == kSuccess);
  CHECK(cuStreamEndCapture(stream, &graph) == kCaptureUnjoined);
  CHECK(graph == nullptr);
  CHECK(capturing(stream) == 0);
  CHECK(capturing(branch) == 0);
}

TEST_CASE("what a capture may not depend on") {
  Session session;
  const auto stream = session.stream(), other = session.stream(), outside = session.event(), inside = session.event();
  Handle graph = nullptr;
  CHECK(cuEventRecord(outside, other) == kSuccess);
  CHECK(cuStreamBeginCapture_v2(stream, kThreadLocal) == kSuccess);
  CHECK(cuStreamWaitEvent(stream, outside, 0) == kCaptureIsolation);
  CHECK(cuStreamEndCapture(stream, &graph) == kCaptureInvalidated);

  CHECK(cuStreamBeginCapture_v2(stream, kThreadLocal) == kSuccess);
  CHECK(cuStreamBeginCapture_v2(other, kThreadLocal) == kSuccess);
  CHECK(cuEventRecord(inside, other) == kSuccess);
  CHECK(cuStreamWaitEvent(stream, inside, 0) == kCaptureMerge);
  CHECK(cuStreamEndCapture(stream, &graph) == kCaptureInvalidated);
  CHECK(cuStreamEndCapture(other, &graph) == kCaptureInvalidated);

  CHECK(cuStreamBeginCapture_v2(stream, kThreadLocal) == kSuccess);
  CHECK(cuEventRecord(inside, stream) == kSuccess);
  CHECK(cuStreamWaitEvent(nullptr, inside, 0) == kCaptureImplicit);
  CHECK(cuStreamEndCapture(stream, &graph) == kCaptureInvalidated);

  CHECK(cuStreamBeginCapture_v2(stream, kThreadLocal) == kSuccess);
  CHECK(cuEventRecord(inside, stream) == kSuccess);
  CHECK(cuEventQuery(inside) == kCapturedEvent);
  CHECK(cuStreamEndCapture(stream, &graph) == kCaptureInvalidated);

  CHECK(cuStreamBeginCapture_v2(stream, kThreadLocal) == kSuccess);
  CHECK(cuEventRecord(inside, stream) == kSuccess);
  CHECK(cuStreamWaitEvent(other, inside, 0) == kSuccess);
  CHECK(cuStreamEndCapture(other, &graph) == kCaptureUnmatched);
  CHECK(cuStreamEndCapture(stream, &graph) == kCaptureInvalidated);
}

TEST_CASE("events outside of a graph, recorded and waited for by its launches") {
  std::set<float> seen;
  for (int seed = 0; seed < 30; ++seed) {
    Session session(seed);
    const auto stream = session.stream(), other = session.stream(), copied = session.event(), ready = session.event();
    const auto memory = session.floats(32);
    const auto graph = session.captured(stream, [&] {
      CHECK(cuStreamWaitEvent(stream, ready, kExternal) == kSuccess);
      CHECK(session.fill(memory, 32, 2, stream) == kSuccess);
      CHECK(cuEventRecordWithFlags(copied, stream, kExternal) == kSuccess);
    });
    CHECK(session.fill(memory, 32, 1, other) == kSuccess);
    CHECK(cuEventRecord(ready, other) == kSuccess);
    CHECK(cuGraphLaunch(graph, stream) == kSuccess);
    CHECK(cuEventSynchronize(copied) == kSuccess);
    CHECK(cuCtxSynchronize() == kSuccess);
    seen.insert(Session::now(memory));
  }
  CHECK(seen == std::set<float>{2});
}

TEST_CASE("a graph's launches come one after another, on any streams") {
  std::set<float> seen;
  for (int seed = 0; seed < 30; ++seed) {
    Session session(seed);
    const auto first = session.stream(), second = session.stream();
    const auto memory = session.floats(32), next = session.floats(32);
    const float zero = 0;
    CHECK(cuMemcpyHtoD_v2(memory, &zero, 4) == kSuccess);
    const auto graph = session.captured(first, [&] { CHECK(session.launch("adds_one", 1, 1, first, memory, next) == kSuccess); });
    for (int i = 0; i < 6; ++i) CHECK(cuGraphLaunch(graph, i % 2 == 0 ? first : second) == kSuccess);
    CHECK(cuCtxSynchronize() == kSuccess);
    seen.insert(Session::now(memory));
  }
  CHECK(seen == std::set<float>{6});
}

TEST_CASE("a graph can be launched into a capture") {
  Session session;
  const auto stream = session.stream();
  const auto memory = session.floats(32), next = session.floats(32);
  const auto inner = session.captured(stream, [&] { CHECK(session.launch("adds_one", 1, 1, stream, memory, next) == kSuccess); });
  const auto outer = session.captured(stream, [&] {
    CHECK(session.fill(memory, 32, 5, stream) == kSuccess);
    CHECK(cuGraphLaunch(inner, stream) == kSuccess);
    CHECK(cuGraphLaunch(inner, stream) == kSuccess);
  });
  CHECK(cuGraphLaunch(outer, stream) == kSuccess);
  CHECK(session.value(memory, stream) == 7);
}
