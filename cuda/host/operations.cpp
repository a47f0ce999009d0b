#include "operations.h"

#include "tensor_access.h"
#include "yololoss/overlap.h"
#include "yololoss/sigmoid_bce.h"

namespace yololoss {
namespace {

TensorAccess access(const Elements& elements) {
  TensorView view{};
  view.type = elements.type;
  return TensorAccess(view, elements.data);
}

Box box(const TensorAccess& boxes, int64_t row) {
  return {boxes.get(4 * row), boxes.get(4 * row + 1), boxes.get(4 * row + 2), boxes.get(4 * row + 3)};
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

}  // namespace yololoss
