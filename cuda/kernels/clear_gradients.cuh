// Zeros for the gradient: all of it, or the boxes and classes of the slots that the last step wrote.
#pragma once

#include "block.cuh"
#include "step_view.cuh"

namespace yololoss {

// A share of one tensor, by thread `worker` of `workers`. A tensor without gaps is one run of memory, cleared 16 bytes at a time.
__device__ inline void clear_tensor(const Grid& grid, int32_t attributes, const TensorView& view, void* data, int64_t worker,
                                    int64_t workers) {
  const int64_t elements = static_cast<int64_t>(grid.slots()) * attributes;
  const int64_t last = element_index(view, grid.images - 1, grid.anchors - 1, attributes - 1, grid.height - 1, grid.width - 1);
  const int32_t width = element_bytes(view.type);
  if (last + 1 == elements) {
    char* bytes = static_cast<char*>(data);
    const int64_t size = elements * width;
    const int64_t unaligned = -reinterpret_cast<intptr_t>(bytes) & 15;
    const int64_t head = unaligned < size ? unaligned : size;
    const int64_t quads = (size - head) / 16;
    uint4* quad = reinterpret_cast<uint4*>(bytes + head);
    for (int64_t i = worker; i < quads; i += workers) quad[i] = make_uint4(0, 0, 0, 0);
    const int64_t rest = size - 16 * quads;  // before the first quad and after the last
    for (int64_t i = worker; i < rest; i += workers) bytes[i < head ? i : i + 16 * quads] = 0;
    return;
  }
  for (int64_t i = worker; i < elements; i += workers) {
    const SlotPlace place = grid.place(static_cast<int32_t>(i % grid.slots()));
    const int32_t attribute = static_cast<int32_t>(i / grid.slots());
    store_element(view.type, data, element_index(view, place.image, place.anchor, attribute, place.row, place.column), 0.0f);
  }
}

// A warp sets a slot's box and classes to 0. Its objectness is the dense pass's.
__device__ inline void clear_slot(const StepView& step, int32_t slot) {
  const SlotPlace place = step.grid().place(slot);
  const TensorView& view = step.gradient();
  const int64_t first = element_index(view, place.image, place.anchor, 0, place.row, place.column);
  for (int32_t k = lane_of_thread(); k < step.attributes(); k += kWarp) {
    if (k != 4) store_element(view.type, step.input.gradient_data[step.index], first + k * view.attribute_stride, 0.0f);
  }
}

// The share of block `block` of `blocks` in what the step has to clear.
__device__ inline void clear_gradients_share(const Plan& plan, StepInput& input, ClearMode mode, int block, int blocks) {
  if (mode == ClearMode::kNothing) return;
  const int64_t worker = static_cast<int64_t>(block) * kBlockThreads + threadIdx.x;
  const int64_t workers = static_cast<int64_t>(blocks) * kBlockThreads;
  for (int32_t l = 0; l < plan.loss.head_count; ++l) {
    const StepView step(plan, input, l);
    if (mode == ClearMode::kWhole) {
      clear_tensor(step.grid(), step.attributes(), step.gradient(), input.gradient_data[l], worker, workers);
      continue;
    }
    const int32_t warp = static_cast<int32_t>(worker / kWarp), warps = static_cast<int32_t>(workers / kWarp);
    for (int32_t c = warp; c < plan.carried->written_candidates[l]; c += warps) {
      if (step.layer.written[c] >= 0) clear_slot(step, step.layer.written[c]);
    }
    for (int32_t n = warp; n < plan.carried->written_specials[l]; n += warps) clear_slot(step, step.layer.written_special[n]);
  }
}

}  // namespace yololoss
