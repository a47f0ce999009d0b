// The last block of a step adds up what all blocks found, in their order, and writes the result.
#pragma once

#include "dense_pass.cuh"
#include "yololoss/autobalance.h"

namespace yololoss {

struct ReduceScratch {
  double dense[kWarps][kDenseFields];
  double matches[kWarps][kMatchFields];
  double recalls[kWarps][2];
  StepResult result;  // here, since a thread's own memory is set aside for every thread that the device can hold
};

// Whether this is the last block of the launch to come here: then it sees what all others have written.
__device__ inline bool is_last_block(StepCounters& counters, int* shared) {
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) *shared = atomicAdd(&counters.blocks_done, 1u) + 1 == gridDim.x ? 1 : 0;
  __syncthreads();
  __threadfence();
  return *shared != 0;
}

// Sums of the rows first..first + count - 1 of a matrix, in thread 0.
template <int kFields>
__device__ void sum_rows(const double* rows, int32_t first, int32_t count, double (&sums)[kFields], double (&scratch)[kWarps][kFields]) {
  for (int i = 0; i < kFields; ++i) sums[i] = 0;
  for (int32_t row = static_cast<int32_t>(threadIdx.x); row < count; row += kBlockThreads) {
    const double* from = rows + static_cast<int64_t>(first + row) * kFields;  // the fences of is_last_block let other blocks' be seen
    for (int i = 0; i < kFields; ++i) sums[i] += from[i];
  }
  block_sums(sums, scratch);
  __syncthreads();
}

struct Totals {
  double iou = 0, on_matches = 0, elsewhere = 0, matched = 0, free = 0, positives = 0, ignored = 0;
};

// One layer's part of the result; thread 0's work.
__device__ inline void finish_layer(const StepView& step, const double (&dense)[kDenseFields], const double (&matches)[kMatchFields],
                                    StepResult& result, Totals& totals) {
  const int32_t l = step.index;
  const LayerFactors factors = factors_of(step);
  Parts& parts = result.per_layer[l];
  parts = {matches[kBoxShare], matches[kObjectnessShare], matches[kClassShare]};
  if (step.is_delta()) {
    const bool squared = step.loss().box_kind == BoxKind::kSquaredErrorDarknet;
    const double weight = step.loss().objectness_weight, factor = squared ? 1 : weight;
    const double squares = weight * weight * dense[kLoss];  // planes hold squares of probabilities
    parts.box += squared ? dense[kSpecialBoxSquares] : 0;
    parts.objectness += factor * (squares + dense[kSpecialObjectness]);
    parts.classification += factor * dense[kSpecialClassSquares];
    DeltaTally& tally = result.tallies[l];
    tally.iou = matches[kIou];
    tally.iou_loss = matches[kPositives] - matches[kIou];
    tally.giou_loss = matches[kGiouLoss];
    tally.matches = static_cast<int64_t>(matches[kPositives]);
    tally.boxes = static_cast<int64_t>(matches[kBoxes] + dense[kSpecialBoxes]);
    tally.rewritten_boxes = static_cast<int64_t>(matches[kRewrittenBoxes] + dense[kSpecialRewritten]);
    tally.box_squares = matches[kBoxSquares] + dense[kSpecialBoxSquares];
    tally.objectness_squares = squares + matches[kObjectness] + dense[kSpecialObjectness];
    tally.class_squares = matches[kClassSquares] + dense[kSpecialClassSquares];
  } else {
    parts.objectness += factors.objectness_elsewhere * dense[kLoss];
    result.raw_sums[l] = {matches[kXy], matches[kWh], matches[kOverlap], matches[kObjectness], dense[kLoss], matches[kClassification]};
  }
  result.total.box += parts.box;
  result.total.objectness += parts.objectness;
  result.total.classification += parts.classification;
  totals.iou += matches[kIou];
  totals.on_matches += matches[kProbability];
  totals.elsewhere += dense[kElsewhereProbability];
  totals.matched += matches[kSlots];
  totals.free += dense[kElsewhere];
  totals.positives += matches[kPositives];
  totals.ignored += dense[kIgnoredSlots];
}

__device__ inline void finish_non_finite(const Plan& plan, const StepCounters& counters, StepResult& result) {
  result.non_finite_kind = NonFiniteKind::kNone;
  const bool in_prediction = counters.first_prediction != kAllFinite;
  const unsigned long long first = in_prediction ? counters.first_prediction : counters.first_stored;
  const double total = result.total.box + result.total.objectness + result.total.classification;
  if (first != kAllFinite) {
    const int32_t layer = static_cast<int32_t>(first >> 59);
    const int64_t within = static_cast<int64_t>(first << 5 >> 7), attributes = 5 + plan.loss.classes;
    const SlotPlace place = plan.layers[layer].grid.place(static_cast<int32_t>(within / attributes));
    result.non_finite_kind = in_prediction ? NonFiniteKind::kPrediction : NonFiniteKind::kGradient;
    result.non_finite_layer = layer;
    result.non_finite_image = place.image;
    result.non_finite_anchor = place.anchor;
    result.non_finite_row = place.row;
    result.non_finite_column = place.column;
    result.non_finite_attribute = static_cast<int32_t>(within % attributes);
    result.non_finite_value = non_finite_value(first);
  } else if (!isfinite(total)) {
    result.non_finite_kind = NonFiniteKind::kLoss;
    result.non_finite_value = total;
  }
}

// What the next step needs to know of this one; thread 0's work.
__device__ inline void carry_over(const Plan& plan, const StepInput& input) {
  for (int32_t l = 0; l < plan.loss.head_count; ++l) {
    plan.carried->table_candidates[1 - input.parity][l] = 0;
    if (!input.has_gradients || !input.keeps_gradients) continue;
    plan.carried->written_candidates[l] = plan.layers[l].candidates_per_target * input.target_count;
    plan.carried->written_specials[l] = input.counters.specials[l];
  }
}

// What concerns all layers; thread 0's work.
__device__ inline void finish_step(const Plan& plan, const StepInput& input, const Totals& totals, const double (&recalled)[2],
                                   StepResult& out) {
  const double targets = input.target_count;
  out.ignored = static_cast<int64_t>(totals.ignored);
  out.match_count = static_cast<int32_t>(totals.positives);
  out.collisions = static_cast<int32_t>(totals.positives - totals.matched);
  out.mean_iou = totals.iou / totals.positives;
  out.objectness_on_matches = totals.on_matches / totals.matched;
  out.objectness_elsewhere = totals.elsewhere / totals.free;
  out.recall50 = recalled[0] / targets;
  out.recall75 = recalled[1] / targets;
  double slots[kMaxHeads];
  for (int32_t l = 0; l < kMaxHeads; ++l) {
    out.next_balance[l] = input.balance[l];
    slots[l] = l < plan.loss.head_count ? plan.layers[l].grid.slots() : 1;
  }
  next_balance(plan.loss, out.raw_sums, slots, out.next_balance);
  finish_non_finite(plan, input.counters, out);
}

// A result's bytes, by all threads of the block.
__device__ inline void clear_words(StepResult* result) {
  static_assert(sizeof(StepResult) % sizeof(uint64_t) == 0 && alignof(StepResult) >= alignof(uint64_t));
  constexpr int kWords = sizeof(StepResult) / sizeof(uint64_t);
  for (int i = static_cast<int>(threadIdx.x); i < kWords; i += kBlockThreads) reinterpret_cast<uint64_t*>(result)[i] = 0;
}

__device__ inline void copy_words(const StepResult& from, StepResult* to) {
  constexpr int kWords = sizeof(StepResult) / sizeof(uint64_t);
  for (int i = static_cast<int>(threadIdx.x); i < kWords; i += kBlockThreads) {
    reinterpret_cast<uint64_t*>(to)[i] = reinterpret_cast<const uint64_t*>(&from)[i];
  }
}

__device__ __noinline__ inline void reduce_step(const Plan& plan, StepInput& input, StepResult& result, ReduceScratch& scratch) {
  double recalled[2] = {0, 0};
  for (int32_t row = static_cast<int32_t>(threadIdx.x); row < input.target_count; row += kBlockThreads) {
    const double iou = __longlong_as_double(static_cast<long long>(plan.best_of_target[row]));
    recalled[0] += iou >= 0.5 ? 1 : 0;
    recalled[1] += iou >= 0.75 ? 1 : 0;
  }
  block_sums(recalled, scratch.recalls);
  clear_words(&scratch.result);
  __syncthreads();
  Totals totals;
  for (int32_t l = 0; l < plan.loss.head_count; ++l) {
    const StepView step(plan, input, l);
    double dense[kDenseFields], matches[kMatchFields];
    sum_rows(plan.dense_sums, step.layer.first_dense_block, step.layer.dense_blocks, dense, scratch.dense);
    sum_rows(plan.match_sums, step.layer.first_match_block, step.layer.match_blocks, matches, scratch.matches);
    if (threadIdx.x == 0) finish_layer(step, dense, matches, scratch.result, totals);
  }
  if (threadIdx.x == 0) {
    finish_step(plan, input, totals, recalled, scratch.result);
    carry_over(plan, input);
  }
  __syncthreads();
  copy_words(scratch.result, &result);
}

}  // namespace yololoss
