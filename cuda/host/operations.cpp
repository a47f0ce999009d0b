#include "operations.h"

#include <algorithm>

#include "tensor_access.h"
#include "yololoss/overlap.h"
#include "yololoss/sigmoid_bce.h"

namespace yololoss {
namespace {

// Tasks end at the same elements whatever the number of threads, so that the bits do not depend on it.
constexpr int64_t kPairsPerTask = 512;
constexpr int64_t kElementsPerTask = 8192;
constexpr int kRun = 1024;

// Whose products with any logit are as far from a float's ends as they are from a double's.
constexpr double kLeastWeight = 1e-30, kMostWeight = 1e30;

TensorAccess access(const Elements& elements) {
  TensorView view{};
  view.type = elements.type;
  return TensorAccess(view, elements.data);
}

Box box(const TensorAccess& boxes, int64_t row) {
  return {boxes.get(4 * row), boxes.get(4 * row + 1), boxes.get(4 * row + 2), boxes.get(4 * row + 3)};
}

// The elements from one on.
Elements from(const Elements& elements, int64_t first) {
  char* data = static_cast<char*>(elements.data);
  return {elements.type, 0, data ? data + first * element_bytes(elements.type) : nullptr};
}

void sigmoid_bce_in_floats(const Lanes& lanes, int64_t n, double positive_weight, double gradient_scale, Elements logits, Elements targets,
                           Elements value, Elements gradient) {
  const TensorAccess x = access(logits), t = access(targets), values = access(value), slopes = access(gradient);
  float logit[kRun], target[kRun], term[kRun], slope[kRun];
  uint16_t halves[kRun];
  for (int64_t first = 0; first < n; first += kRun) {
    const int count = static_cast<int>(std::min<int64_t>(kRun, n - first));
    x.read(lanes, first, 1, count, logit, halves);
    t.read(lanes, first, 1, count, target, halves);
    lanes.bce_each(logit, target, count, static_cast<float>(positive_weight), term, slope);
    values.write(lanes, first, 1, count, term, halves);
    if (!gradient.data) continue;
    scale_by(lanes, slope, count, gradient_scale, term);
    slopes.write(lanes, first, 1, count, term, halves);
  }
}

// Calls work(first, count) for runs of 0..n-1.
template <typename Work>
void share_out(ThreadPool& pool, int64_t n, int64_t per_task, const Work& work) {
  pool.run(static_cast<int>((n + per_task - 1) / per_task), [&](int task, int) {
    const int64_t first = task * per_task;
    work(first, std::min(per_task, n - first));
  });
}

}  // namespace

void overlap_pairs(Overlap kind, OverlapConvention convention, int64_t n, Elements a, Elements b, Elements value, Elements gradient) {
  const TensorAccess first = access(a), second = access(b), values = access(value), slopes = access(gradient);
  for (int64_t row = 0; row < n; ++row) {
    const OverlapValue result = overlap(kind, convention, box(first, row), box(second, row));
    values.set(row, result.value);
    for (int k = 0; gradient.data && k < 4; ++k) slopes.set(4 * row + k, result.slope[k]);
  }
}

void sigmoid_bce_elements(int64_t n, double positive_weight, double gradient_scale, Elements logits, Elements targets, Elements value,
                          Elements gradient) {
  const TensorAccess x = access(logits), t = access(targets), values = access(value), slopes = access(gradient);
  for (int64_t i = 0; i < n; ++i) {
    const ValueAndSlope<double> term = sigmoid_bce(x.get(i), t.get(i), positive_weight);
    values.set(i, term.value);
    if (gradient.data) slopes.set(i, gradient_scale * term.slope);
  }
}

void Operations::overlap(Overlap kind, OverlapConvention convention, int64_t n, Elements a, Elements b, Elements value, Elements gradient) {
  share_out(pool_, n, kPairsPerTask, [&](int64_t first, int64_t count) {
    overlap_pairs(kind, convention, count, from(a, 4 * first), from(b, 4 * first), from(value, first), from(gradient, 4 * first));
  });
}

void Operations::sigmoid_bce(int64_t n, double positive_weight, double gradient_scale, Elements logits, Elements targets, Elements value,
                             Elements gradient) {
  const auto is_wide = [](const Elements& e) { return e.data && e.type == ElementType::kF64; };
  const bool wide = is_wide(logits) || is_wide(targets) || is_wide(value) || is_wide(gradient);
  const bool floats = !wide && positive_weight >= kLeastWeight && positive_weight <= kMostWeight;
  share_out(pool_, n, kElementsPerTask, [&](int64_t first, int64_t count) {
    const Elements x = from(logits, first), t = from(targets, first), values = from(value, first), slopes = from(gradient, first);
    if (floats) {
      sigmoid_bce_in_floats(lanes_, count, positive_weight, gradient_scale, x, t, values, slopes);
    } else {
      sigmoid_bce_elements(count, positive_weight, gradient_scale, x, t, values, slopes);
    }
  });
}

}  // namespace yololoss
