// Who is responsible for each target: fills this step's match table, one fixed place per candidate. Meanwhile other blocks clear the
// gradient, which no assignment looks at.
//
//   plan   read; of its buffers this writes tables[parity], best_of_target (zeros) and above (zeros)
//   input  targets and predictions' addresses read; counters.positives added to
//
// Launch: plan.assign_blocks + plan.clear_blocks blocks of 256 threads.
// Reads 48 bytes a target and candidate from the cache and, for BEST_PREDICTION alone, 4 raw outputs for each anchor of a target's cells.
// Writes 8 bytes a candidate and 9 a match; of the gradient its whole or 4 + classes elements for each slot written last step.
// Deterministic: integer atomics only. Which candidate of a slot links to which depends on the order of threads; nobody reads it but as a
// set. Decisions in double without contraction.
#include "block.cuh"
#include "clear_gradients.cuh"
#include "yololoss/match_rules.h"

namespace yololoss {
namespace {

// The anchor of the head that a candidate names, where the rule chooses among the pool's.
__device__ bool is_pool_choice(const StepView& step, int32_t candidate, const Box& target, int32_t row, int32_t column) {
  const LossDescription& loss = step.loss();
  const Grid& grid = step.grid();
  const int32_t within = candidate % step.layer.candidates_per_target;
  const int32_t member = grid.members[within % grid.anchors], rank = within / grid.anchors;
  if (loss.assignment_rule == AssignmentRule::kBestAnchorInCell) {
    return member == best_anchor_in_cell(loss, grid, step.plan.pool, target, row, column);
  }
  const int32_t best = best_shape(loss, grid, step.plan.pool, target);
  if (rank == 0) return member == best;
  // iou_thresh: further anchors, in the order of the pool
  return member == rank - 1 && member != best && is_extra_shape(loss, grid, step.plan.pool[member], target);
}

// The best predicted box over all layers; true if it is the slot of this layer that `slot` then says.
__device__ bool best_predicted(const StepView& step, const Target& target, int32_t* slot) {
  int32_t best_layer = 0;
  double largest = -1;
  for (int32_t l = 0; l < step.loss().head_count; ++l) {
    const StepView other(step.plan, step.input, l);
    const Grid& grid = other.grid();
    const int32_t j = grid.row(target.cy), i = grid.column(target.cx);
    const Box truth = truth_in_cell(step.loss(), grid, grid.target(target.cx, target.cy, target.w, target.h), j, i);
    for (int32_t a = 0; a < grid.anchors; ++a) {
      const SlotPlace place{target.image, a, j, i};
      double raw[4];
      other.read_box(place, raw);
      const int32_t candidate_slot = grid.slot(target.image, a, j, i);
      for (int k = 0; k < 4; ++k) other.note_prediction(candidate_slot, k, raw[k]);
      const double iou = plain_iou(match_frame(grid, other.decoded(place, raw)), truth);
      if (iou > largest) {
        largest = iou;
        best_layer = l;
        *slot = candidate_slot;
      }
    }
  }
  return best_layer == step.index;
}

// The slot of a candidate, or -1.
__device__ int32_t slot_of(const StepView& step, int32_t candidate) {
  const LossDescription& loss = step.loss();
  const Grid& grid = step.grid();
  const int32_t row = step.target_of(candidate);
  const Target& t = step.input.targets[row];
  const Box target = step.truth(row);
  const int32_t j = grid.row(t.cy), i = grid.column(t.cx);
  switch (loss.assignment_rule) {
    case AssignmentRule::kBestAnchorInCell:
    case AssignmentRule::kBestShape:
      if (!is_pool_choice(step, candidate, target, j, i)) return -1;
      return grid.slot(t.image, candidate % step.layer.candidates_per_target % grid.anchors, j, i);
    case AssignmentRule::kShapeRatio: {
      const int32_t a = nearest_ratio(loss, grid, target);
      return a < 0 ? -1 : grid.slot(t.image, a, j, i);
    }
    case AssignmentRule::kBestPrediction: {
      int32_t slot = -1;
      return best_predicted(step, t, &slot) ? slot : -1;
    }
    case AssignmentRule::kShapeRatioWithNeighbours: {
      const int32_t a = candidate / step.input.target_count % grid.anchors;
      const int neighbour = candidate / step.input.target_count / grid.anchors;
      if (!takes_neighbour(neighbour, target, grid) || !within_ratio(loss, target, grid.anchor_shape(a))) return -1;
      return grid.slot(t.image, a, neighbour_row(neighbour, target, grid), neighbour_column(neighbour, target, grid));
    }
  }
  return -1;  // unreachable: every rule has returned
}

__device__ void assign_share(const Plan& plan, StepInput& input, int block) {
  const int worker = block * kBlockThreads + static_cast<int>(threadIdx.x), workers = plan.assign_blocks * kBlockThreads;
  for (int32_t row = worker; row < input.target_count; row += workers) plan.best_of_target[row] = 0;
  int32_t first_unit = 0;  // of 256 candidates of one layer
  for (int32_t l = 0; l < plan.loss.head_count; ++l) {
    const StepView step(plan, input, l);
    const MatchTable& table = step.table();
    const int32_t candidates = step.candidates(), units = (candidates + kBlockThreads - 1) / kBlockThreads;
    if (worker == 0) plan.carried->table_candidates[input.parity][l] = candidates;
    for (int32_t image = worker; step.layer.above && image < plan.images; image += workers) step.layer.above[image] = 0;
    // units go round the blocks, on from where the last layer's ended
    const int32_t skip = (block - first_unit % plan.assign_blocks + plan.assign_blocks) % plan.assign_blocks;
    for (int32_t unit = skip; unit < units; unit += plan.assign_blocks) {
      const int32_t candidate = unit * kBlockThreads + static_cast<int32_t>(threadIdx.x);
      const int32_t slot = candidate < candidates ? slot_of(step, candidate) : -1;
      if (candidate < candidates) table.slot[candidate] = slot;
      if (slot >= 0) {
        table.next[candidate] = atomicExch(&table.first[slot], candidate);
        table.is_matched[slot] = 1;
      }
      const int found = __syncthreads_count(slot >= 0);
      if (threadIdx.x == 0 && found > 0) atomicAdd(&input.counters.positives[l], found);
    }
    first_unit += units;
  }
}

}  // namespace
}  // namespace yololoss

extern "C" __global__ void __launch_bounds__(yololoss::kBlockThreads)
    assign_targets(const yololoss::Plan* plan, yololoss::StepInput* input) {
  const int block = static_cast<int>(blockIdx.x);
  if (block < plan->assign_blocks) {
    yololoss::assign_share(*plan, *input, block);
  } else {
    yololoss::clear_gradients_share(*plan, *input, input->clear, block - plan->assign_blocks, plan->clear_blocks);
  }
}
