// Zeros in the whole gradient: after a step that found a NaN or an infinity and whose policy is to throw.
//
//   plan   read
//   input  read: the gradients' addresses and strides
//
// Launch: plan.clear_blocks blocks of 256 threads. Writes every byte of the gradients once. Deterministic.
#include "clear_gradients.cuh"

extern "C" __global__ void __launch_bounds__(yololoss::kBlockThreads)
    clear_gradients(const yololoss::Plan* plan, yololoss::StepInput* input) {
  yololoss::clear_gradients_share(*plan, *input, yololoss::ClearMode::kWhole, static_cast<int>(blockIdx.x), static_cast<int>(gridDim.x));
}
