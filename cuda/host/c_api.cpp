#include <stdio.h>

#include <exception>
#include <initializer_list>
#include <memory>
#include <new>
#include <string>
#include <thread>

#include "engine.h"
#include "layout.h"
#include "operations.h"
#include "problem_of.h"
#include "yololoss.h"

namespace {

constexpr int32_t kAbiVersion = 2;

// Far above any machine's cores; a mistaken number should fail before it has started a million threads.
constexpr int32_t kMostThreads = 1024;

// Of a fixed size, so that telling that memory has run out takes none.
thread_local char last_error[256] = "";

struct Handle {
  Handle(const yololoss::LossDescription& loss, const double* class_weights, int threads, const yololoss::Lanes& lanes)
      : engine(loss, class_weights, threads, lanes) {}

  yololoss::Engine engine;
  std::string description;
};

int32_t fail(int32_t status, const char* message) noexcept {
  snprintf(last_error, sizeof last_error, "%s", message);
  return status;
}

// Runs a body that may throw, and turns what it throws into a status.
template <typename Body>
int32_t guarded(const Body& body) noexcept {
  try {
    body();
    return YL_OK;
  } catch (const std::bad_alloc&) {
    return fail(YL_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    return fail(YL_INTERNAL_ERROR, e.what());
  } catch (...) {
    return fail(YL_INTERNAL_ERROR, "unknown exception");
  }
}

yololoss::Elements elements(int32_t type, const void* data) {
  return {static_cast<yololoss::ElementType>(type), 0, const_cast<void*>(data)};
}

const char* problem_of_all(std::initializer_list<yololoss::Elements> needed, const yololoss::Elements& optional, int64_t n) {
  for (const yololoss::Elements& e : needed) {
    if (const char* problem = yololoss::problem_of(e, n, false)) return problem;
  }
  return yololoss::problem_of(optional, n, true);
}

const yololoss::Lanes* lanes_of(int32_t instruction_set) {
  switch (instruction_set) {
    case 0:
      return yololoss::avx2_lanes() ? yololoss::avx2_lanes() : &yololoss::baseline_lanes();
    case 1:
      return &yololoss::baseline_lanes();
    case 2:
      return yololoss::avx2_lanes();
    default:
      return nullptr;
  }
}

const char* problem_of_machine(int32_t threads, int32_t instruction_set) {
  if (threads < 0 || threads > kMostThreads) return "threads is not in 0..1024";
  return lanes_of(instruction_set) ? nullptr : "this processor or build has no such instruction set";
}

int count_of(int32_t threads) {
  const unsigned cores = std::thread::hardware_concurrency();
  return threads > 0 ? threads : cores > 0 ? static_cast<int>(cores) : 1;
}

}  // namespace

int32_t yl_abi_version(void) { return kAbiVersion; }

const char* yl_layout(void) { return yololoss::layout_text(); }

const char* yl_last_error(void) { return last_error; }

int32_t yl_open(const yololoss::LossDescription* loss, const double* class_weights, int32_t threads, int32_t instruction_set,
                void** engine) {
  if (!loss || !engine || (loss->has_class_weights && !class_weights)) return fail(YL_INVALID_ARGUMENT, "a pointer is null");
  if (const char* problem = yololoss::problem_of(*loss)) return fail(YL_INVALID_ARGUMENT, problem);
  if (const char* problem = problem_of_machine(threads, instruction_set)) return fail(YL_INVALID_ARGUMENT, problem);
  return guarded([&] {
    const int count = count_of(threads);
    const yololoss::Lanes& lanes = *lanes_of(instruction_set);
    auto handle = std::make_unique<Handle>(*loss, class_weights, count, lanes);
    handle->description = std::string(lanes.name) + ", " + std::to_string(count) + (count == 1 ? " thread" : " threads");
    *engine = handle.release();
  });
}

void yl_close(void* engine) { delete static_cast<Handle*>(engine); }

const char* yl_describe(void* engine) { return engine ? static_cast<Handle*>(engine)->description.c_str() : ""; }

int32_t yl_step(void* engine, const yololoss::StepRequest* request, const yololoss::Target* targets, yololoss::StepResult* result,
                const void* p0, const void* p1, const void* p2, const void* p3, const void* p4, const void* p5, const void* p6,
                const void* p7, void* g0, void* g1, void* g2, void* g3, void* g4, void* g5, void* g6, void* g7) {
  if (!engine || !request || !result) return fail(YL_INVALID_ARGUMENT, "a pointer is null");
  const void* const predictions[] = {p0, p1, p2, p3, p4, p5, p6, p7};
  void* const gradients[] = {g0, g1, g2, g3, g4, g5, g6, g7};
  yololoss::Engine& known = static_cast<Handle*>(engine)->engine;
  if (const char* problem = yololoss::problem_of(known.loss(), *request, targets, predictions, gradients))
    return fail(YL_INVALID_ARGUMENT, problem);
  return guarded([&] { known.step(*request, targets, predictions, gradients, result); });
}

int32_t yl_decode(void* engine, const yololoss::StepRequest* request, double* out, const void* p0, const void* p1, const void* p2,
                  const void* p3, const void* p4, const void* p5, const void* p6, const void* p7) {
  if (!engine || !request || !out) return fail(YL_INVALID_ARGUMENT, "a pointer is null");
  const void* const predictions[] = {p0, p1, p2, p3, p4, p5, p6, p7};
  yololoss::Engine& known = static_cast<Handle*>(engine)->engine;
  yololoss::StepRequest without_targets = *request;
  without_targets.target_count = without_targets.has_gradients = 0;
  if (const char* problem = yololoss::problem_of(known.loss(), without_targets, nullptr, predictions, nullptr)) {
    return fail(YL_INVALID_ARGUMENT, problem);
  }
  return guarded([&] { known.decode(without_targets, predictions, out); });
}

int32_t yl_open_operations(int32_t threads, int32_t instruction_set, void** operations) {
  if (!operations) return fail(YL_INVALID_ARGUMENT, "a pointer is null");
  if (const char* problem = problem_of_machine(threads, instruction_set)) return fail(YL_INVALID_ARGUMENT, problem);
  return guarded([&] { *operations = std::make_unique<yololoss::Operations>(count_of(threads), *lanes_of(instruction_set)).release(); });
}

void yl_close_operations(void* operations) { delete static_cast<yololoss::Operations*>(operations); }

int32_t yl_overlap(void* operations, int32_t kind, int32_t convention, int64_t n, int32_t a_type, const void* a, int32_t b_type,
                   const void* b, int32_t value_type, void* value, int32_t gradient_type, void* gradient) {
  if (!operations) return fail(YL_INVALID_ARGUMENT, "a pointer is null");
  const auto overlap = static_cast<yololoss::Overlap>(kind);
  const auto rule = static_cast<yololoss::OverlapConvention>(convention);
  if (const char* problem = yololoss::problem_of(overlap, rule)) return fail(YL_INVALID_ARGUMENT, problem);
  const yololoss::Elements first = elements(a_type, a), second = elements(b_type, b), values = elements(value_type, value);
  const yololoss::Elements slopes = elements(gradient_type, gradient);
  if (const char* problem = problem_of_all({first, second, values}, slopes, n)) return fail(YL_INVALID_ARGUMENT, problem);
  return guarded([&] { static_cast<yololoss::Operations*>(operations)->overlap(overlap, rule, n, first, second, values, slopes); });
}

int32_t yl_sigmoid_bce(void* operations, int64_t n, double positive_weight, double gradient_scale, int32_t logits_type, const void* logits,
                       int32_t targets_type, const void* targets, int32_t value_type, void* value, int32_t gradient_type, void* gradient) {
  if (!operations) return fail(YL_INVALID_ARGUMENT, "a pointer is null");
  const yololoss::Elements x = elements(logits_type, logits), t = elements(targets_type, targets), values = elements(value_type, value);
  const yololoss::Elements slopes = elements(gradient_type, gradient);
  if (const char* problem = problem_of_all({x, t, values}, slopes, n)) return fail(YL_INVALID_ARGUMENT, problem);
  return guarded(
      [&] { static_cast<yololoss::Operations*>(operations)->sigmoid_bce(n, positive_weight, gradient_scale, x, t, values, slopes); });
}
