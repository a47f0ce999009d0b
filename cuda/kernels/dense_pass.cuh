// The dense pass: objectness of every slot that no target matched, and its gradient, tile by tile; the ignore search comes first where the
// loss has one.
//
// In float. Reads 1 and writes 1 of a cell's 5 + classes values (5 and 1 with an ignore rule), and 1 byte that says whether it is matched.
#pragma once

#include "match_slot.cuh"

namespace yololoss {

enum SlotState : uint8_t { kFree = 0, kIgnored = 1, kMatched = 2, kSpecial = 3 };

enum DenseField {
  kLoss,
  kElsewhereProbability,
  kElsewhere,
  kIgnoredSlots,
  kSpecialObjectness,
  kSpecialBoxSquares,
  kSpecialClassSquares,
  kSpecialBoxes,
  kSpecialRewritten,
  kSpecialSlots
};
static_assert(kSpecialSlots + 1 == kDenseFields);

struct DenseScratch {
  SearchList list;
  double sums[kWarps][4];
  double specials[kWarps][kMatchFields];  // of this tile's special slots
  double total[kDenseFields];             // thread 0's
};

struct ObjectnessTerm {
  float value, slope, probability;
};

// Of a slot that should hold nothing, from its logit.
__device__ inline ObjectnessTerm empty_objectness(const LossDescription& loss, float x) {
  const float e = expf(-fabsf(x)), inverse = 1.0f / (1.0f + e);
  const float p = x >= 0.0f ? inverse : e * inverse, q = x >= 0.0f ? e * inverse : inverse;
  switch (loss.objectness_kind) {
    case ObjectnessKind::kSquaredError:
    case ObjectnessKind::kSquaredWeightedError:
      return {p * p, 2.0f * p * (p * q), p};
    case ObjectnessKind::kDelta: {
      const float probability = loss.decoding == BoxDecoding::kDarknetNewCoords ? x : p;
      return {probability * probability, probability, probability};
    }
    default:
      break;
  }
  const float softplus = (x > 0.0f ? x : 0.0f) + log1pf(e);
  if (loss.focal_gamma == 0) return {softplus, p, p};
  const float gamma = static_cast<float>(loss.focal_gamma);
  // log p from its own logarithm, so that the smallest probabilities keep their digits
  const float factor = expf(gamma * ((x >= 0.0f ? 0.0f : x) - log1pf(e)));
  return {0.75f * softplus * factor, 0.75f * (p * factor + softplus * (p > 0.0f ? gamma * factor * q : 0.0f)), p};
}

// Where float cannot follow: torch's BCELoss of saturated probabilities, and logits that are no finite float.
__device__ inline ObjectnessTerm exact_empty_objectness(const LossDescription& loss, double x, double rarity, float probability) {
  const ValueAndSlope<double> term = objectness_loss(loss, x, 0, rarity);
  return {static_cast<float>(term.value), static_cast<float>(term.slope), probability};
}

// A slot whose box overlaps a target too much for darknet to call it empty.
__device__ __noinline__ inline uint8_t look_closer(const StepView& step, const Tile& tile, int32_t cell) {
  double raw[4];
  const SlotPlace place = tile.place(step, cell);
  step.read_box(place, raw);
  const SpecialSlot special = special_slot(step, tile.first_slot + cell, place, step.decoded(place, raw).box);
  return special.matches || (special.over && step.loss().smooth) ? kSpecial : special.over ? kIgnored : kFree;
}

__device__ __noinline__ inline uchar4 load_states_singly(const Tile& tile, const uint8_t* map) {
  uint8_t out[kCellsPerThread];
  for (int k = 0; k < kCellsPerThread; ++k) out[k] = tile.cell(k) < 0 ? 1 : map[tile.first_slot + tile.cell(k)];
  return make_uchar4(out[0], out[1], out[2], out[3]);
}

// Four bytes of a map of slots; those beyond the tile are 1.
__device__ inline uchar4 load_states(const Tile& tile, const uint8_t* map) {
  if (!tile.is_vector || tile.cell(0) < 0) return load_states_singly(tile, map);
  return *reinterpret_cast<const uchar4*>(map + tile.first_slot + tile.cell(0));
}

// What the ignore rule makes of the thread's slots.
__device__ __noinline__ inline uchar4 apply_ignore_rule(const StepView& step, const Tile& tile, SearchList& list, uchar4 before) {
  uint8_t state[kCellsPerThread] = {before.x, before.y, before.z, before.w};
  const IgnoreRule rule = step.loss().ignore_rule;
  unsigned candidates = 0;
  if (rule != IgnoreRule::kIouAtLeast) {
    candidates = search_tile(step, tile, list).candidates;
  } else if (step.layer.above[tile.image]) {  // search_ignored has been here
    const uchar4 found = load_states(tile, step.layer.state);
    candidates = (found.x ? 1u : 0u) | (found.y ? 2u : 0u) | (found.z ? 4u : 0u) | (found.w ? 8u : 0u);
  }
  for (int k = 0; k < kCellsPerThread; ++k) {
    if (tile.cell(k) < 0) continue;
    if (state[k] == kFree && (candidates >> k & 1u)) {
      state[k] = rule == IgnoreRule::kIouAboveAndClass ? look_closer(step, tile, tile.cell(k)) : uint8_t{kIgnored};
    }
    step.layer.state[tile.first_slot + tile.cell(k)] = state[k];
  }
  return make_uchar4(state[0], state[1], state[2], state[3]);
}

__device__ inline void decide_states(const StepView& step, const Tile& tile, SearchList& list, uint8_t (&state)[kCellsPerThread]) {
  const uchar4 matched = load_states(tile, step.table().is_matched);
  uchar4 four =
      make_uchar4(matched.x ? kMatched : kFree, matched.y ? kMatched : kFree, matched.z ? kMatched : kFree, matched.w ? kMatched : kFree);
  if (step.loss().ignore_rule != IgnoreRule::kNobody) four = apply_ignore_rule(step, tile, list, four);
  state[0] = four.x;
  state[1] = four.y;
  state[2] = four.z;
  state[3] = four.w;
}

__device__ __noinline__ inline void store_singly(const StepView& step, const Tile& tile, uchar4 states, float4 slopes) {
  const uint8_t state[kCellsPerThread] = {states.x, states.y, states.z, states.w};
  const float slope[kCellsPerThread] = {slopes.x, slopes.y, slopes.z, slopes.w};
  for (int k = 0; k < kCellsPerThread; ++k) {
    const int32_t cell = tile.cell(k);
    if (cell < 0 || state[k] > kIgnored) continue;
    step.store_gradient(tile.first_slot + cell, tile.element(step, step.gradient(), 4, cell), 4, slope[k]);
  }
}

// Stores the gradients of the thread's free and ignored slots; the others' are the match pass's.
__device__ inline void store_four(const StepView& step, const Tile& tile, const uint8_t (&state)[kCellsPerThread],
                                  const float (&slope)[kCellsPerThread]) {
  const TensorView& view = step.gradient();
  bool whole = tile.is_vector && tile.cell(0) >= 0 && view.type != ElementType::kF64;
  const float largest = view.type == ElementType::kF32 ? 3.402823466e38f : view.type == ElementType::kF16 ? 65504.0f : 3.38e38f;
  for (int k = 0; k < kCellsPerThread; ++k) whole = whole && state[k] <= kIgnored && fabsf(slope[k]) <= largest;
  if (!whole) {
    store_singly(step, tile, make_uchar4(state[0], state[1], state[2], state[3]), make_float4(slope[0], slope[1], slope[2], slope[3]));
    return;
  }
  void* data = step.input.gradient_data[step.index];
  const int64_t at = tile.vector_element(view, 4);
  if (view.type == ElementType::kF32) {
    *reinterpret_cast<float4*>(static_cast<float*>(data) + at) = make_float4(slope[0], slope[1], slope[2], slope[3]);
    return;
  }
  const bool half = view.type == ElementType::kF16;
  uint16_t stored[kCellsPerThread];
  for (int k = 0; k < kCellsPerThread; ++k) stored[k] = half ? float_to_half(slope[k]) : float_to_bfloat(slope[k]);
  *reinterpret_cast<ushort4*>(static_cast<uint16_t*>(data) + at) = make_ushort4(stored[0], stored[1], stored[2], stored[3]);
}

// The special slots of the tile, each by a whole warp, in order.
__device__ __noinline__ inline void special_slots(const StepView& step, const Tile& tile, uchar4 states, double* sums) {
  for (int i = lane_of_thread(); i < kMatchFields; i += kWarp) sums[i] = 0;
  __syncwarp(kWholeWarp);
  const uint8_t state[kCellsPerThread] = {states.x, states.y, states.z, states.w};
  for (int k = 0; k < kCellsPerThread; ++k) {
    for (unsigned left = __ballot_sync(kWholeWarp, state[k] == kSpecial); left != 0; left &= left - 1) {
      const int32_t cell = __shfl_sync(kWholeWarp, tile.cell(k), __ffs(static_cast<int>(left)) - 1);
      const int32_t slot = tile.first_slot + cell;
      match_slot(step, slot, -1, sums);
      if (lane_of_thread() == 0 && step.input.has_gradients && step.input.keeps_gradients) {
        step.layer.written_special[atomicAdd(&step.input.counters.specials[step.index], 1)] = slot;
      }
    }
  }
}

// Of an empty slot's slope in the gradient.
__device__ __noinline__ inline float elsewhere_factor(const StepView& step) {
  return static_cast<float>(factors_of(step).objectness_elsewhere * step.input.gradient_scale);
}

struct DenseSums {
  double loss = 0, probability = 0;
  int32_t elsewhere = 0, ignored = 0;
};

// A logit that float cannot follow.
__device__ __noinline__ inline ObjectnessTerm odd_objectness(const StepView& step, const Tile& tile, int32_t cell, float x,
                                                             ObjectnessTerm term) {
  double exact = static_cast<double>(x);
  if (!isfinite(x)) {
    exact = step.predicted(tile.element(step, step.prediction(), 4, cell));
    step.note_prediction(tile.first_slot + cell, 4, exact);
    if (step.is_delta()) return term;
  }
  return exact_empty_objectness(step.loss(), exact, rarity_of(step), term.probability);
}

__device__ inline void dense_cells(const StepView& step, const Tile& tile, const uint8_t (&state)[kCellsPerThread], float factor,
                                   DenseSums& sums) {
  const LossDescription& loss = step.loss();
  const bool skipped = step.skips(tile.image), is_delta = step.is_delta();
  const bool is_bce = loss.objectness_kind == ObjectnessKind::kBce || loss.objectness_kind == ObjectnessKind::kBceWeightedByRarity;
  const bool clamps = is_bce && loss.bce == BceForm::kOfProbability && loss.focal_gamma == 0;
  const float stable = clamps ? kStableLogit : 3.402823466e38f;
  float x[kCellsPerThread], slope[kCellsPerThread];
  load_four(step, tile, 4, x);
  for (int k = 0; k < kCellsPerThread; ++k) {
    slope[k] = 0;
    if (tile.cell(k) < 0 || state[k] >= kMatched || skipped) continue;
    ObjectnessTerm term = empty_objectness(loss, x[k]);
    // darknet's rules read the objectness of ignored slots too
    if (!(fabsf(x[k]) <= stable) && (state[k] == kFree || is_delta)) term = odd_objectness(step, tile, tile.cell(k), x[k], term);
    if (state[k] == kIgnored) {
      ++sums.ignored;
      continue;
    }
    ++sums.elsewhere;
    sums.loss += static_cast<double>(term.value);
    sums.probability += static_cast<double>(term.probability);
    slope[k] = factor * term.slope;
  }
  if (step.input.has_gradients) store_four(step, tile, state, slope);
}

// Adds a tile to the block's sums and gives its share of the total; thread 0's work.
__device__ __noinline__ inline Parts finish_tile(const StepView& step, const double (&sums)[4], DenseScratch& scratch) {
  const LossDescription& loss = step.loss();
  for (int i = 0; i < 4; ++i) scratch.total[i] += sums[i];
  Parts parts{0, 0, 0};
  // darknet's planes hold squares of probabilities
  const double weight = loss.objectness_weight;
  const double delta_factor = (loss.box_kind == BoxKind::kSquaredErrorDarknet ? 1 : weight) * (weight * weight);
  parts.objectness = (step.is_delta() ? delta_factor : factors_of(step).objectness_elsewhere) * sums[kLoss];
  for (int w = 0; w < kWarps && loss.ignore_rule == IgnoreRule::kIouAboveAndClass; ++w) {
    const double* special = scratch.specials[w];
    parts.box += special[kBoxShare];
    parts.objectness += special[kObjectnessShare];
    parts.classification += special[kClassShare];
    scratch.total[kElsewhereProbability] += special[kProbability];
    scratch.total[kElsewhere] += special[kSlots];
    scratch.total[kSpecialObjectness] += special[kObjectness];
    scratch.total[kSpecialBoxSquares] += special[kBoxSquares];
    scratch.total[kSpecialClassSquares] += special[kClassSquares];
    scratch.total[kSpecialBoxes] += special[kBoxes];
    scratch.total[kSpecialRewritten] += special[kRewrittenBoxes];
    scratch.total[kSpecialSlots] += special[kSlots];
  }
  return parts;
}

// block: of the layer's dense blocks. Writes the block's sums, and each tile's share of the total, in a fixed order.
__device__ inline void dense_block(const StepView& step, int32_t block, DenseScratch& scratch) {
  const float factor = elsewhere_factor(step);
  const bool has_specials = step.loss().ignore_rule == IgnoreRule::kIouAboveAndClass;
  if (threadIdx.x < kDenseFields) scratch.total[threadIdx.x] = 0;
  __syncthreads();
  const int32_t first = block * step.layer.tiles_per_block;
  for (int32_t n = first; n < first + step.layer.tiles_per_block && n < step.layer.tiles; ++n) {
    const Tile tile(step, n);
    uint8_t state[kCellsPerThread];
    decide_states(step, tile, scratch.list, state);
    DenseSums sums;
    dense_cells(step, tile, state, factor, sums);
    if (has_specials) special_slots(step, tile, make_uchar4(state[0], state[1], state[2], state[3]), scratch.specials[warp_of_thread()]);
    double four[4] = {sums.loss, sums.probability, static_cast<double>(sums.elsewhere), static_cast<double>(sums.ignored)};
    block_sums(four, scratch.sums);
    if (threadIdx.x == 0) step.layer.tile_parts[n] = finish_tile(step, four, scratch);
    __syncthreads();  // scratch is free again
  }
  double* out = step.plan.dense_sums + static_cast<int64_t>(step.layer.first_dense_block + block) * kDenseFields;
  if (threadIdx.x < kDenseFields) out[threadIdx.x] = scratch.total[threadIdx.x];
}

}  // namespace yololoss
