#include "dense_pass.h"

#include <string.h>

#include <algorithm>

#include "yololoss/decode_box.h"
#include "yololoss/objectness_loss.h"

namespace yololoss {
namespace {

// Where torch's BCELoss starts to round and clamp: beyond, float would not land on its double values.
constexpr float kStableLogit = 16;

class PlanePass {
 public:
  PlanePass(StepState& state, Layer& layer, int32_t image, int32_t anchor, Scratch& scratch)
      : state_(state), layer_(layer), image_(image), anchor_(anchor), scratch_(scratch), first_slot_(layer.grid.slot(image, anchor, 0, 0)) {
    factor_ = layer.factors.objectness_elsewhere * state.request.gradient_scale;
  }

  PlaneSums run() {
    const Grid& grid = layer_.grid;
    const bool run_of_rows = layer_.prediction.is_run() && (!writes() || layer_.gradient.is_run());
    const int32_t rows = run_of_rows ? 1 : grid.height, length = run_of_rows ? grid.cells() : grid.width;
    for (int32_t row = 0; row < rows; ++row) {
      for (int32_t column = 0; column < length; column += Scratch::kRun) {
        chunk(row, column, row * length + column, std::min(length - column, Scratch::kRun));
      }
    }
    return sums_;
  }

 private:
  bool writes() const { return state_.request.has_gradients != 0; }

  void chunk(int32_t row, int32_t column, int32_t cell, int n) {
    const Lanes& lanes = *state_.lanes;
    const uint8_t* slots = &layer_.state[first_slot_ + cell];
    const bool skipped = state_.skips(image_);
    if (skipped) {
      std::fill(scratch_.slope, scratch_.slope + n, 0.0f);
    } else {
      const float* x = read(row, column, n);
      evaluate(x, n);
      if (!lanes.all_finite(x, n)) mend_non_finite(x, slots, cell, n);
      drop_others(slots, n);
      sums_.loss += sum(scratch_.value, n);
      sums_.probability += lanes.sum(scratch_.probability, n);
    }
    if (writes()) write(row, column, cell, n);
  }

  // A sum of floats; in double where floats overflow.
  double sum(const float* values, int n) const {
    const double total = state_.lanes->sum(values, n);
    if (isfinite(total)) return total;
    double exact = 0;
    for (int i = 0; i < n; ++i) exact += static_cast<double>(values[i]);
    return exact;
  }

  void evaluate(const float* x, int n) {
    const LossDescription& loss = *state_.loss;
    const Lanes& lanes = *state_.lanes;
    float *value = scratch_.value, *slope = scratch_.slope, *probability = scratch_.probability;
    switch (loss.objectness_kind) {
      case ObjectnessKind::kSquaredError:
      case ObjectnessKind::kSquaredWeightedError:
        lanes.squared_sigmoid(x, n, value, slope, probability);
        return;
      case ObjectnessKind::kDelta:
        if (loss.decoding == BoxDecoding::kDarknetNewCoords) {
          std::copy(x, x + n, probability);
        } else {
          lanes.sigmoid(x, n, probability);
        }
        for (int i = 0; i < n; ++i) {
          value[i] = probability[i] * probability[i];
          slope[i] = probability[i];
        }
        return;
      default:
        break;
    }
    if (loss.focal_gamma > 0) {
      lanes.focal_softplus(x, n, static_cast<float>(loss.focal_gamma), value, slope, probability);
      return;
    }
    lanes.softplus(x, n, value, slope, probability);
    if (loss.bce == BceForm::kOfProbability && !lanes.all_within(x, n, kStableLogit)) {
      for (int i = 0; i < n; ++i) {
        if (fabsf(x[i]) > kStableLogit) {
          const ValueAndSlope<double> term = probability_bce(static_cast<double>(x[i]), 0);
          value[i] = static_cast<float>(term.value);
          slope[i] = static_cast<float>(term.slope);
        }
      }
    }
  }

  // Takes matched, special and ignored slots out of the sums and the gradient; the match pass writes the former two. They are few, so
  // eight slots at a time are looked at.
  void drop_others(const uint8_t* slots, int n) {
    static_assert(kFree == 0);
    sums_.elsewhere += n;
    int i = 0;
    for (uint64_t eight; i + 8 <= n; i += 8) {
      memcpy(&eight, slots + i, sizeof eight);
      if (eight != 0) {
        for (int k = i; k < i + 8; ++k) drop(slots, k);
      }
    }
    for (; i < n; ++i) drop(slots, i);
  }

  void drop(const uint8_t* slots, int i) {
    if (slots[i] == kFree) return;
    sums_.elsewhere--;
    sums_.ignored += slots[i] == kIgnored ? 1 : 0;
    scratch_.value[i] = scratch_.slope[i] = scratch_.probability[i] = 0;
  }

  // What floats cannot hold is decided by the rule in double, which at minus infinity gives a NaN as torch does.
  void mend_non_finite(const float* x, const uint8_t* slots, int32_t cell, int n) {
    const Grid& g = layer_.grid;
    for (int i = 0; i < n; ++i) {
      // darknet's rules read the objectness of ignored slots too
      if (isfinite(x[i]) || (slots[i] != kFree && !(state_.is_delta() && slots[i] == kIgnored))) continue;
      const int32_t slot = first_slot_ + cell + i;
      const double exact = layer_.prediction.get(layer_.prediction.index(image_, anchor_, 4, g.row_of(slot), g.column_of(slot)));
      if (!isfinite(exact)) scratch_.prediction.note(g.layer, slot, state_.attributes(), 4, exact);
      if (state_.is_delta()) continue;
      const ValueAndSlope<double> term = objectness_loss(*state_.loss, exact, 0, state_.rarity);
      scratch_.value[i] = static_cast<float>(term.value);
      scratch_.slope[i] = static_cast<float>(term.slope);
    }
  }

  // The logits, in place where they are floats side by side.
  const float* read(int32_t row, int32_t column, int n) {
    const TensorAccess& tensor = layer_.prediction;
    const int64_t first = first_of(tensor, row, column), stride = tensor.view().column_stride;
    if (const float* in_place = tensor.floats(first, stride)) return in_place;
    tensor.read(*state_.lanes, first, stride, n, scratch_.x, scratch_.halves);
    return scratch_.x;
  }

  void write(int32_t row, int32_t column, int32_t cell, int n) {
    const TensorAccess& tensor = layer_.gradient;
    const int64_t first = first_of(tensor, row, column), stride = tensor.view().column_stride;
    float* in_place = tensor.floats(first, stride);
    float* gradient = in_place ? in_place : scratch_.x;
    scale_by(*state_.lanes, scratch_.slope, n, factor_, gradient);
    if (!in_place) tensor.write(*state_.lanes, first, stride, n, gradient, scratch_.halves);
    if (tensor.all_finite_as_stored(*state_.lanes, gradient, scratch_.halves, n)) return;
    for (int i = 0; i < n; ++i) {
      const double stored = tensor.get(first + i * stride);
      if (!isfinite(stored)) {
        scratch_.stored.note(layer_.grid.layer, first_slot_ + cell + i, state_.attributes(), 4, stored);
        if (state_.request.non_finite == NonFinitePolicy::kZero) tensor.set(first + i * stride, 0);
      }
    }
  }

  int64_t first_of(const TensorAccess& tensor, int32_t row, int32_t column) const {
    return tensor.index(image_, anchor_, 4, row, 0) + column * tensor.view().column_stride;
  }

  StepState& state_;
  Layer& layer_;
  const int32_t image_, anchor_;
  Scratch& scratch_;
  const int32_t first_slot_;
  double factor_;
  PlaneSums sums_;
};

}  // namespace

void dense_plane(StepState& state, Layer& layer, int32_t image, int32_t anchor, Scratch& scratch) {
  layer.planes[image * layer.grid.anchors + anchor] = PlanePass(state, layer, image, anchor, scratch).run();
}

}  // namespace yololoss
