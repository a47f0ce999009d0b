// What a step allocates: nothing once shapes are known. And what it leaves behind when memory runs out half way: nothing that a later
// step could see.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <atomic>
#include <new>

#include "losses.h"

namespace {

// Of all threads, while `watched`.
std::atomic<bool> watched{false};
std::atomic<long> allocations{0};
std::atomic<long> fails_at{-1};  // the allocation that fails, counted from 0; -1 for none

void* allocate(size_t bytes) {
  if (watched.load(std::memory_order_relaxed) && allocations.fetch_add(1) == fails_at.load()) return nullptr;
  return malloc(bytes == 0 ? 1 : bytes);
}

void* allocate_or_throw(size_t bytes) {
  if (void* memory = allocate(bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(size_t bytes) { return allocate_or_throw(bytes); }
void* operator new[](size_t bytes) { return allocate_or_throw(bytes); }
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
void operator delete[](void* memory, size_t) noexcept { free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { free(memory); }

namespace yololoss {
namespace {

// Counts what is allocated while it lives, and lets one allocation fail.
class Watch {
 public:
  explicit Watch(long failing = -1) {
    allocations = 0;
    fails_at = failing;
    watched = true;
  }
  ~Watch() { watched = false; }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  long count() const { return allocations; }
};

// A step into memory that the engine keeps; the status. What is allocated is the engine's alone: the request is made before.
int32_t step(AbiEngine& engine, const LossDescription& loss, Input& input, Tensors& gradients, StepResult* result, long failing = -1,
             long* count = nullptr) {
  StepRequest request = request_of(loss, input);
  request.keeps_gradients = 1;
  const Watch watch(failing);
  const int32_t status = engine.step(request, input, &gradients, result);
  if (count) *count = watch.count();
  return status;
}

Tensors poisoned(const LossDescription& loss, const Input& input) {
  return tensors(loss, ElementType::kF32, Order::kPlanes, input.images, input.side, 0x77);
}

// One shape's input and the gradients that an engine keeps for it.
struct Shape {
  Input input;
  Tensors gradients;

  Shape(const LossDescription& loss, int32_t side, int targets, unsigned seed)
      : input(draw_input(loss, 2, side, targets, seed)), gradients(poisoned(loss, input)) {}
};

// What a fresh engine makes of an input.
struct Expected {
  StepResult result;
  Tensors gradients;

  Expected(const LossDescription& loss, Input& input, int32_t threads) : gradients(poisoned(loss, input)) {
    AbiEngine engine(loss, threads);
    REQUIRE(step(engine, loss, input, gradients, &result) == YL_OK);
  }

  bool is(const StepResult& other, const Tensors& memory) const {
    return memcmp(&other.total, &result.total, sizeof(Parts)) == 0 && other.match_count == result.match_count &&
           other.ignored == result.ignored && memory == gradients;
  }
};

TEST_CASE("a step that has seen its shape and as many matches allocates nothing") {
  for (const Family& family : families()) {
    for (const int32_t threads : {1, 3}) {
      INFO(std::string(family.name) << ", " << threads << " threads");
      AbiEngine engine(family.loss, threads);
      std::vector<Shape> inputs;
      for (unsigned seed = 1; seed <= 3; ++seed) inputs.emplace_back(family.loss, 128, 30, seed);
      Tensors gradients = inputs[0].gradients;
      StepResult result;
      // a worker that slept through the first rounds still grows its scratch, so all of them are given time
      for (int n = 0; n < 300; ++n) REQUIRE(step(engine, family.loss, inputs[n % 3].input, gradients, &result) == YL_OK);
      long least = 1;
      for (int n = 0; n < 30; ++n) {
        long count = -1;
        REQUIRE(step(engine, family.loss, inputs[n % 3].input, gradients, &result, -1, &count) == YL_OK);
        least = n == 0 ? count : std::min(least, count);
        if (threads == 1) CHECK(count == 0);
      }
      CHECK(least == 0);
    }
  }
}

// A step that allocates, of another shape or with many more targets, fails at its n-th allocation, for every n. The next good step, of the
// failed one's shape or of the old one, is what a fresh engine gives. Returns how many n there are.
long fail_everywhere(const LossDescription& loss, int32_t threads, Shape& old, Shape& failing) {
  const bool same_shape = old.input.side == failing.input.side;
  const Expected expected_old(loss, old.input, threads), expected_failing(loss, failing.input, threads);
  long n = 0;
  for (bool failed = true; failed; ++n) {
    REQUIRE(n < 5000);
    for (const bool returns : {true, false}) {
      AbiEngine engine(loss, threads);
      StepResult result;
      Tensors kept = old.gradients;  // one memory for both if they have one shape, as an engine has it
      Tensors other = failing.gradients;
      Tensors& failing_memory = same_shape ? kept : other;
      REQUIRE(step(engine, loss, old.input, kept, &result) == YL_OK);
      failed = step(engine, loss, failing.input, failing_memory, &result, n) != YL_OK;
      if (failed) {
        CHECK(std::string(yl_last_error()) == "out of memory");
      }
      INFO("allocation " << n << std::string(returns ? ", back to the old input" : ", the same input again"));
      Shape& next = returns ? old : failing;
      Tensors& memory = returns ? kept : failing_memory;
      REQUIRE(step(engine, loss, next.input, memory, &result) == YL_OK);
      CHECK_UNARY((returns ? expected_old : expected_failing).is(result, memory));
      REQUIRE(step(engine, loss, old.input, kept, &result) == YL_OK);
      CHECK_UNARY(expected_old.is(result, kept));
    }
  }
  return n;
}

TEST_CASE("a step that runs out of memory anywhere leaves nothing behind") {
  for (const Family& family : families()) {
    for (const int32_t threads : {1, 2}) {
      INFO(std::string(family.name) << ", " << threads << " threads");
      Shape old(family.loss, 64, 3, 21), larger(family.loss, 96, 12, 22), fuller(family.loss, 64, 40, 23);
      // some did fail
      CHECK(fail_everywhere(family.loss, threads, old, larger) > 3);
      CHECK(fail_everywhere(family.loss, threads, old, fuller) > 3);
      CHECK(fail_everywhere(family.loss, threads, larger, old) > 0);
    }
  }
}

TEST_CASE("an engine that runs out of memory while it is opened gives a status and no engine") {
  const LossDescription loss = plain_loss();
  for (const int32_t threads : {1, 3}) {
    bool failed = true;
    for (long n = 0; failed; ++n) {
      void* handle = nullptr;
      void* operations = nullptr;
      int32_t status, operations_status;
      {
        const Watch watch(n);
        status = yl_open(&loss, nullptr, threads, 1, &handle);
      }
      {
        const Watch watch(n);
        operations_status = yl_open_operations(threads, 1, &operations);
      }
      CHECK((status == YL_OK) == (handle != nullptr));
      CHECK((operations_status == YL_OK) == (operations != nullptr));
      failed = status != YL_OK || operations_status != YL_OK;
      yl_close(handle);
      yl_close_operations(operations);
    }
  }
}

// Negative control: what is allocated shows, and fails where it is told to.
TEST_CASE("allocations are counted") {
  long seen = 0;
  {
    const Watch watch;
    const std::vector<int> some(100);
    seen = watch.count() + static_cast<long>(some.size()) - 100;
  }
  CHECK(seen == 1);
  bool failed = false;
  {
    const Watch watch(1);
    try {
      const std::vector<int> first(100), second(100);
    } catch (const std::bad_alloc&) {
      failed = true;
    }
  }
  CHECK(failed);
}

}  // namespace
}  // namespace yololoss
