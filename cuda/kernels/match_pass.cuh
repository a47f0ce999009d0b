// The match pass: a block takes 64 candidates of one layer, a warp eight of them, and computes the slots whose first match is among them.
#pragma once

#include "match_slot.cuh"

namespace yololoss {

struct MatchScratch {
  double sums[kWarps][kMatchFields];
};

// Whether a candidate is the first match of its slot; if so, puts the slot's matches in order. One thread's work.
__device__ inline bool leads_slot(const StepView& step, int32_t candidate, int32_t slot) {
  const MatchTable& table = step.table();
  const int32_t start = table.first[slot];
  for (int32_t c = start; c >= 0; c = table.next[c]) {
    if (c < candidate) return false;
  }
  int32_t* ordered = step.layer.ordered_next;
  for (int32_t at = candidate; at >= 0;) {
    int32_t following = -1;
    for (int32_t c = start; c >= 0; c = table.next[c]) following = c > at && (following < 0 || c < following) ? c : following;
    ordered[at] = following;
    at = following;
  }
  return true;
}

// Empties the table that rests, so that the next step finds it clean.
__device__ inline void empty_resting_table(const StepView& step, int32_t first_candidate) {
  const int resting = 1 - step.input.parity;
  const MatchTable& table = step.layer.tables[resting];
  const int32_t candidate = first_candidate + static_cast<int32_t>(threadIdx.x);
  if (threadIdx.x >= kCandidatesPerBlock || candidate >= step.plan.carried->table_candidates[resting][step.index]) return;
  const int32_t slot = table.slot[candidate];
  if (slot < 0) return;
  table.first[slot] = -1;
  table.is_matched[slot] = 0;
}

// block: of the layer's match blocks. Writes the block's sums in a fixed order.
__device__ __noinline__ inline void match_block(const StepView& step, int32_t block, MatchScratch& scratch) {
  const int32_t first_candidate = block * kCandidatesPerBlock;
  empty_resting_table(step, first_candidate);
  const int warp = warp_of_thread(), lane = lane_of_thread();
  for (int i = lane; i < kMatchFields; i += kWarp) scratch.sums[warp][i] = 0;
  __syncwarp(kWholeWarp);
  constexpr int kPerWarp = kCandidatesPerBlock / kWarps;
  for (int n = 0; n < kPerWarp; ++n) {
    const int32_t candidate = first_candidate + warp * kPerWarp + n;
    if (candidate >= step.candidates()) break;
    const int32_t slot = step.table().slot[candidate];
    int leads = 0;
    if (lane == 0 && slot >= 0) leads = leads_slot(step, candidate, slot) ? 1 : 0;
    leads = __shfl_sync(kWholeWarp, leads, 0);
    if (lane == 0 && step.input.has_gradients && step.input.keeps_gradients) step.layer.written[candidate] = leads ? slot : -1;
    if (leads) match_slot(step, slot, candidate, scratch.sums[warp]);
  }
  __syncthreads();
  const int field = static_cast<int>(threadIdx.x);
  if (field >= kMatchFields) return;
  double sum = 0;
  for (int w = 0; w < kWarps; ++w) sum += scratch.sums[w][field];
  step.plan.match_sums[(step.layer.first_match_block + block) * kMatchFields + field] = sum;
}

}  // namespace yololoss
