// The loss and its gradient, of all layers: dense pass with the ignore search, match pass, and the ordered sum by whichever block is the
// last to finish.
//
//   plan    read; writes sums, records of matches, states of slots, and empties the match table that rests
//   input   read; counters written
//   result  written once, by the last block
//
// Launch: plan.dense_blocks + plan.match_blocks blocks of 256 threads, after assign_targets (and search_ignored for the rule IOU_AT_LEAST).
// Moves, in elements: 1 read and 1 written a cell, 4 more read where there is an ignore rule; 5 + classes read and written a match. In
// bytes besides: 1 a cell for the map of matches (1 more written with an ignore rule), about 180 a match.
// Deterministic: every sum has its fixed place and order, atomics are integers only. Same inputs, same build, same device: same bits.
#include "match_pass.cuh"
#include "reduce_step.cuh"

namespace yololoss {
namespace {

union StepScratch {
  DenseScratch dense;
  MatchScratch matches;
  ReduceScratch reduce;
};

// Functions of their own: what one needs, the other has not to keep.
__device__ __noinline__ void match_part(const Plan& plan, StepInput& input, MatchScratch& scratch) {
  const int32_t block = static_cast<int32_t>(blockIdx.x);
  int32_t l = 0;
  while (block >= plan.layers[l].first_match_block + plan.layers[l].match_blocks) ++l;
  const StepView step(plan, input, l);
  match_block(step, block - step.layer.first_match_block, scratch);
}

template <Ignoring kIgnoring>
__device__ __noinline__ void dense_part(const Plan& plan, StepInput& input, DenseScratch& scratch) {
  const int32_t block = static_cast<int32_t>(blockIdx.x) - plan.match_blocks;
  int32_t l = 0;
  while (block >= plan.layers[l].first_dense_block + plan.layers[l].dense_blocks) ++l;
  const StepView step(plan, input, l);
  dense_block<kIgnoring>(step, block - step.layer.first_dense_block, scratch);
}

template <Ignoring kIgnoring>
__device__ void step_block(const Plan* plan, StepInput* input, StepResult* result, StepScratch& scratch, int& is_last) {
  if (static_cast<int32_t>(blockIdx.x) < plan->match_blocks) {  // matches first: they take longest
    match_part(*plan, *input, scratch.matches);
  } else {
    dense_part<kIgnoring>(*plan, *input, scratch.dense);
  }
  if (is_last_block(input->counters, &is_last)) reduce_step(*plan, *input, *result, scratch.reduce);
}

}  // namespace
}  // namespace yololoss

// For losses without an ignore rule.
extern "C" __global__ void __launch_bounds__(yololoss::kBlockThreads, 3)
    yolo_loss(const yololoss::Plan* plan, yololoss::StepInput* input, yololoss::StepResult* result) {
  __shared__ yololoss::StepScratch scratch;
  __shared__ int is_last;
  yololoss::step_block<yololoss::Ignoring::kNothing>(plan, input, result, scratch, is_last);
}

// For losses with a rule that ignores slots.
extern "C" __global__ void __launch_bounds__(yololoss::kBlockThreads, 2)
    yolo_loss_and_ignored(const yololoss::Plan* plan, yololoss::StepInput* input, yololoss::StepResult* result) {
  __shared__ yololoss::StepScratch scratch;
  __shared__ int is_last;
  yololoss::step_block<yololoss::Ignoring::kSlots>(plan, input, result, scratch, is_last);
}

// For darknet's rule, which looks closer at ignored slots and may find matches among them: one block a multiprocessor instead of two, since
// with the registers that two can have the dense pass would spill.
extern "C" __global__ void __launch_bounds__(yololoss::kBlockThreads, 1)
    yolo_loss_and_special(const yololoss::Plan* plan, yololoss::StepInput* input, yololoss::StepResult* result) {
  __shared__ yololoss::StepScratch scratch;
  __shared__ int is_last;
  yololoss::step_block<yololoss::Ignoring::kSlotsAndSpecials>(plan, input, result, scratch, is_last);
}
