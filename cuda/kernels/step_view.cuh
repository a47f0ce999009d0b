// A step as one layer's threads see it.
#pragma once

#include "device.h"
#include "non_finite.cuh"
#include "yololoss/decode_box.h"
#include "yololoss/element.h"

namespace yololoss {

// A slope times a factor that may lie beyond float's range, where the product may not.
__device__ inline float times_factor(double factor, float slope) {
  const float rounded = static_cast<float>(factor);
  return isfinite(rounded) ? rounded * slope : static_cast<float>(factor * static_cast<double>(slope));
}

struct StepView {
  const Plan& plan;
  StepInput& input;
  const DeviceLayer& layer;
  int32_t index;  // of the layer

  __device__ StepView(const Plan& p, StepInput& i, int32_t l) : plan(p), input(i), layer(p.layers[l]), index(l) {}

  __device__ const LossDescription& loss() const { return plan.loss; }
  __device__ const Grid& grid() const { return layer.grid; }
  __device__ int32_t attributes() const { return 5 + plan.loss.classes; }
  __device__ const MatchTable& table() const { return layer.tables[input.parity]; }
  __device__ const TensorView& prediction() const { return input.predictions[index]; }
  __device__ const TensorView& gradient() const { return input.gradients[index]; }

  __device__ int32_t truths(int32_t image) const { return input.image_first[image + 1] - input.image_first[image]; }
  __device__ int32_t truth_row(int32_t image, int32_t n) const { return input.image_rows[input.image_first[image] + n]; }
  __device__ Box truth(int32_t row) const {
    const Target& t = input.targets[row];
    return grid().target(t.cx, t.cy, t.w, t.h);
  }
  __device__ bool skips(int32_t image) const { return loss().empty_images == EmptyImages::kSkip && truths(image) == 0; }
  __device__ bool is_delta() const { return loss().objectness_kind == ObjectnessKind::kDelta; }

  __device__ int32_t candidates() const { return layer.candidates_per_target * input.target_count; }

  // The target of a candidate: yolov5 goes through its targets innermost.
  __device__ int32_t target_of(int32_t candidate) const {
    return loss().assignment_rule == AssignmentRule::kShapeRatioWithNeighbours ? candidate % input.target_count
                                                                               : candidate / layer.candidates_per_target;
  }

  __device__ double predicted(int64_t at) const { return load_element(prediction().type, input.prediction_data[index], at); }

  __device__ double predicted(const SlotPlace& place, int32_t attribute) const {
    return predicted(element_index(prediction(), place.image, place.anchor, attribute, place.row, place.column));
  }

  __device__ void read_box(const SlotPlace& place, double raw[4]) const {
    const int64_t first = element_index(prediction(), place.image, place.anchor, 0, place.row, place.column);
    for (int k = 0; k < 4; ++k) raw[k] = predicted(first + k * prediction().attribute_stride);
  }

  __device__ DecodedBox decoded(const SlotPlace& place, const double raw[4]) const {
    return decode_box(loss().decoding, grid(), place, raw);
  }

  __device__ void note_prediction(int64_t slot, int32_t attribute, double value) const {
    note_non_finite(&input.counters.first_prediction, index, slot, attributes(), attribute, value);
  }

  // Stores a gradient element; what is not finite as stored is noted, and becomes 0 where the policy says so.
  __device__ void store_gradient(int64_t slot, int64_t at, int32_t attribute, float value) const {
    const float stored = store_element(gradient().type, input.gradient_data[index], at, value);
    if (isfinite(stored)) return;
    note_non_finite(&input.counters.first_stored, index, slot, attributes(), attribute, static_cast<double>(stored));
    if (input.non_finite == NonFinitePolicy::kZero) store_element(gradient().type, input.gradient_data[index], at, 0.0f);
  }
};

}  // namespace yololoss
