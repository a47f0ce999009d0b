// Boxes in pixels, objectness and class probabilities of all slots, for inference.
//
//   plan   read
//   input  read: the predictions' addresses and strides
//   out    [images, slots of an image over all layers, 5 + classes] double, written once: x, y, w, h, objectness, classes
//
// Launch: any number of blocks of 256 threads (grid-stride over slots). Reads every value once or, for softmax, three times; writes 8 bytes
// for each. Deterministic.
#include "step_view.cuh"

namespace yololoss {
namespace {

__device__ void decode_classes(const StepView& step, const SlotPlace& place, double* out) {
  const LossDescription& loss = step.loss();
  const int32_t n = loss.classes;
  if (n == 1 && loss.reduction == ReductionKind::kLayerMeansTimesBatch) {
    out[0] = 1;  // yolov5 does not train a single class
    return;
  }
  if (loss.class_kind != ClassKind::kSoftmaxCrossEntropy) {
    for (int32_t c = 0; c < n; ++c) out[c] = probability(loss.decoding, step.predicted(place, 5 + c));
    return;
  }
  double largest = -kInfinity, sum = 0;
  for (int32_t c = 0; c < n; ++c) {
    const double x = step.predicted(place, 5 + c);
    largest = largest < x ? x : largest;
  }
  for (int32_t c = 0; c < n; ++c) sum += exp(step.predicted(place, 5 + c) - largest);
  for (int32_t c = 0; c < n; ++c) out[c] = exp(step.predicted(place, 5 + c) - largest) / sum;
}

__device__ void decode_slot(const StepView& step, int32_t slot, double* out) {
  const Grid& grid = step.grid();
  const SlotPlace place = grid.place(slot);
  double raw[4];
  step.read_box(place, raw);
  const Box box = step.decoded(place, raw).box;
  const double to_x = grid.in_image_units ? grid.width * grid.stride : grid.stride;
  const double to_y = grid.in_image_units ? grid.height * grid.stride : grid.stride;
  out[0] = box.x * to_x;
  out[1] = box.y * to_y;
  out[2] = box.width * to_x;
  out[3] = box.height * to_y;
  out[4] = probability(step.loss().decoding, step.predicted(place, 4));
  decode_classes(step, place, out + 5);
}

}  // namespace
}  // namespace yololoss

extern "C" __global__ void __launch_bounds__(yololoss::kBlockThreads)
    decode(const yololoss::Plan* plan, yololoss::StepInput* input, double* out) {
  using namespace yololoss;
  int64_t slots_of_image = 0, before = 0;
  for (int32_t l = 0; l < plan->loss.head_count; ++l) slots_of_image += plan->layers[l].grid.slots_per_image();
  for (int32_t l = 0; l < plan->loss.head_count; ++l) {
    const StepView step(*plan, *input, l);
    const int32_t per_image = step.grid().slots_per_image();
    const int64_t threads = static_cast<int64_t>(gridDim.x) * kBlockThreads;
    for (int64_t slot = static_cast<int64_t>(blockIdx.x) * kBlockThreads + threadIdx.x; slot < step.grid().slots(); slot += threads) {
      const int64_t row = slot / per_image * slots_of_image + before + slot % per_image;
      decode_slot(step, static_cast<int32_t>(slot), out + row * step.attributes());
    }
    before += per_image;
  }
}
