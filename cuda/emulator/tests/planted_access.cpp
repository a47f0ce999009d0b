// Faulty accesses in kernels that the driver runs, one a run of this program: AddressSanitizer has to end each but the
// last, and its report is what the test looks for.
#include "driver.h"

using namespace yololoss::emulator;
using namespace yololoss::emulator::test;

TEST_CASE("write_behind") {
  Session session;
  CHECK(session.launch("writes_past_the_end", 1, 128, nullptr, 100, session.memory(400)) == kSuccess);
  cuCtxSynchronize();
}

TEST_CASE("read_behind") {
  Session session;
  CHECK(session.launch("reads_past_the_end", 1, 128, nullptr, 100, session.memory(400), session.memory(4)) == kSuccess);
  cuCtxSynchronize();
}

TEST_CASE("read_shared") {
  Session session;
  CHECK(session.launch("reads_past_shared_memory", 1, 32, nullptr, 31, session.floats(32)) == kSuccess);
  cuCtxSynchronize();
}

TEST_CASE("read_freed") {
  Session session;
  const auto freed = session.floats(32), plan = session.memory(8);
  CHECK(cuMemcpyHtoD_v2(plan, &freed, 8) == kSuccess);
  CHECK(cuMemFree_v2(freed) == kSuccess);
  CHECK(session.launch("copies_through", 1, 32, nullptr, plan, session.floats(32)) == kSuccess);
  cuCtxSynchronize();
}

TEST_CASE("nothing") {
  Session session;
  CHECK(session.launch("reads_past_the_end", 1, 128, nullptr, 99, session.memory(400), session.memory(4)) == kSuccess);
  CHECK(session.launch("reads_past_shared_memory", 1, 32, nullptr, 32, session.floats(32)) == kSuccess);
  CHECK(cuCtxSynchronize() == kSuccess);
}
