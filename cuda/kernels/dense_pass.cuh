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
__device__ __noinline__ inline ObjectnessTerm exact_empty_objectness(const LossDescription& loss, double x, double rarity) {
  const ValueAndSlope<double> term = objectness_loss(loss, x, 0, rarity);
  return {static_cast<float>(term.value), static_cast<float>(term.slope), static_cast<float>(sigmoid(x))};
}

// A slot whose box overlaps a target too much for darknet to call it empty.
__device__ __noinline__ inline uint8_t look_closer(const StepView& step, const Tile& tile, int32_t cell) {
  double raw[4];
  const SlotPlace place = tile.place(step, cell);
  step.read_box(place, raw);
  const SpecialSlot special = special_slot(step, tile.first_slot + cell, place, step.decoded(place, raw).box);
  return special.matches || (special.over && step.loss().smooth) ? kSpecial : special.over ? kIgnored : kFree;
}

// Four bytes of a map of slots; those beyond the tile count as matched.
__device__ inline void load_states(const Tile& tile, const uint8_t* map, uint8_t out[kCellsPerThread]) {
  if (tile.is_vector && tile.cell(0) >= 0) {
    const uchar4 four = *reinterpret_cast<const uchar4*>(map + tile.first_slot + tile.cell(0));
    out[0] = four.x;
    out[1] = four.y;
    out[2] = four.z;
    out[3] = four.w;
    return;
  }
  for (int k = 0; k < kCellsPerThread; ++k) out[k] = tile.cell(k) < 0 ? 1 : map[tile.first_slot + tile.cell(k)];
}

// What the ignore rule makes of the thread's slots.
__device__ inline void decide_states(const StepView& step, const Tile& tile, SearchList& list, uint8_t state[kCellsPerThread]) {
  load_states(tile, step.table().is_matched, state);
  for (int k = 0; k < kCellsPerThread; ++k) state[k] = state[k] ? kMatched : kFree;
  const IgnoreRule rule = step.loss().ignore_rule;
  if (rule == IgnoreRule::kNobody) return;
  unsigned candidates = 0;
  if (rule != IgnoreRule::kIouAtLeast) {
    candidates = search_tile(step, tile, list).candidates;
  } else if (step.layer.above[tile.image]) {  // search_ignored has been here
    uint8_t found[kCellsPerThread];
    load_states(tile, step.layer.state, found);
    for (int k = 0; k < kCellsPerThread; ++k) candidates |= found[k] ? 1u << k : 0u;
  }
  for (int k = 0; k < kCellsPerThread; ++k) {
    if (tile.cell(k) < 0) continue;
    if (state[k] == kFree && (candidates >> k & 1u)) {
      state[k] = rule == IgnoreRule::kIouAboveAndClass ? look_closer(step, tile, tile.cell(k)) : kIgnored;
    }
    step.layer.state[tile.first_slot + tile.cell(k)] = state[k];
  }
}

// Stores the gradients of the thread's free and ignored slots; the others' are the match pass's.
__device__ inline void store_four(const StepView& step, const Tile& tile, const uint8_t state[kCellsPerThread],
                                  const float slope[kCellsPerThread]) {
  const TensorView& view = step.gradient();
  bool whole = tile.is_vector && tile.cell(0) >= 0;
  // no 16-bit type overflows below its own largest value
  const float largest = view.type == ElementType::kF16 ? 65504.0f : 3.38e38f;
  for (int k = 0; k < kCellsPerThread; ++k) whole = whole && state[k] <= kIgnored && fabsf(slope[k]) <= largest;
  void* data = step.input.gradient_data[step.index];
  if (whole && view.type == ElementType::kF32) {
    const int64_t at = tile.element(step, view, 4, tile.cell(0));
    *reinterpret_cast<float4*>(static_cast<float*>(data) + at) = make_float4(slope[0], slope[1], slope[2], slope[3]);
    return;
  }
  if (whole && view.type != ElementType::kF64) {
    const bool half = view.type == ElementType::kF16;
    uint16_t stored[kCellsPerThread];
    for (int k = 0; k < kCellsPerThread; ++k) stored[k] = half ? float_to_half(slope[k]) : float_to_bfloat(slope[k]);
    const int64_t at = tile.element(step, view, 4, tile.cell(0));
    *reinterpret_cast<ushort4*>(static_cast<uint16_t*>(data) + at) = make_ushort4(stored[0], stored[1], stored[2], stored[3]);
    return;
  }
  for (int k = 0; k < kCellsPerThread; ++k) {
    const int32_t cell = tile.cell(k);
    if (cell >= 0 && state[k] <= kIgnored) step.store_gradient(tile.first_slot + cell, tile.element(step, view, 4, cell), 4, slope[k]);
  }
}

// The special slots of the tile, each by a whole warp, in order.
__device__ inline void special_slots(const StepView& step, const Tile& tile, const uint8_t state[kCellsPerThread], double* sums) {
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

struct DenseSums {
  double loss = 0, probability = 0;
  int32_t elsewhere = 0, ignored = 0;
};

__device__ inline void dense_cells(const StepView& step, const Tile& tile, const uint8_t state[kCellsPerThread], float factor,
                                   DenseSums& sums) {
  const LossDescription& loss = step.loss();
  const bool skipped = step.skips(tile.image);
  const bool is_bce = loss.objectness_kind == ObjectnessKind::kBce || loss.objectness_kind == ObjectnessKind::kBceWeightedByRarity;
  const bool clamps = is_bce && loss.bce == BceForm::kOfProbability && loss.focal_gamma == 0;
  float x[kCellsPerThread], slope[kCellsPerThread];
  load_four(step, tile, 4, x);
  for (int k = 0; k < kCellsPerThread; ++k) {
    slope[k] = 0;
    if (tile.cell(k) < 0 || state[k] >= kMatched || skipped) continue;
    const bool reads = state[k] == kFree || step.is_delta();  // darknet's rules read the objectness of ignored slots too
    ObjectnessTerm term = empty_objectness(loss, x[k]);
    if (reads && !isfinite(x[k])) {
      const double exact = step.predicted(tile.element(step, step.prediction(), 4, tile.cell(k)));
      step.note_prediction(tile.first_slot + tile.cell(k), 4, exact);
      if (!step.is_delta()) term = exact_empty_objectness(loss, exact, rarity_of(step));
    } else if (clamps && fabsf(x[k]) > kStableLogit) {
      term = exact_empty_objectness(loss, static_cast<double>(x[k]), 1);
    }
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

// block: of the layer's dense blocks. Writes the block's sums, and each tile's share of the total, in a fixed order.
__device__ inline void dense_block(const StepView& step, int32_t block, DenseScratch& scratch) {
  const LayerFactors factors = factors_of(step);
  const float factor = static_cast<float>(factors.objectness_elsewhere * step.input.gradient_scale);
  const bool has_specials = step.loss().ignore_rule == IgnoreRule::kIouAboveAndClass;
  const int warp = warp_of_thread(), lane = lane_of_thread();
  double total[kDenseFields] = {};  // thread 0's
  const int32_t first = block * step.layer.tiles_per_block;
  for (int32_t n = first; n < first + step.layer.tiles_per_block && n < step.layer.tiles; ++n) {
    const Tile tile(step, n);
    uint8_t state[kCellsPerThread];
    decide_states(step, tile, scratch.list, state);
    DenseSums sums;
    dense_cells(step, tile, state, factor, sums);
    for (int i = lane; i < kMatchFields; i += kWarp) scratch.specials[warp][i] = 0;
    __syncwarp(kWholeWarp);
    if (has_specials) special_slots(step, tile, state, scratch.specials[warp]);
    double four[4] = {sums.loss, sums.probability, static_cast<double>(sums.elsewhere), static_cast<double>(sums.ignored)};
    block_sums(four, scratch.sums);
    if (threadIdx.x == 0) {
      Parts parts{0, 0, 0};
      for (int i = 0; i < 4; ++i) total[i] += four[i];
      // darknet's planes hold squares of probabilities
      const double weight = step.loss().objectness_weight;
      const double darknet_factor = (step.loss().box_kind == BoxKind::kSquaredErrorDarknet ? 1 : weight) * (weight * weight);
      parts.objectness = (step.is_delta() ? darknet_factor : factors.objectness_elsewhere) * four[kLoss];
      for (int w = 0; w < kWarps && has_specials; ++w) {
        const double* special = scratch.specials[w];
        parts.box += special[kBoxShare];
        parts.objectness += special[kObjectnessShare];
        parts.classification += special[kClassShare];
        total[kElsewhereProbability] += special[kProbability];
        total[kElsewhere] += special[kSlots];
        total[kSpecialObjectness] += special[kObjectness];
        total[kSpecialBoxSquares] += special[kBoxSquares];
        total[kSpecialClassSquares] += special[kClassSquares];
        total[kSpecialBoxes] += special[kBoxes];
        total[kSpecialRewritten] += special[kRewrittenBoxes];
        total[kSpecialSlots] += special[kSlots];
      }
      step.layer.tile_parts[n] = parts;
    }
    __syncthreads();  // scratch is free again
  }
  if (threadIdx.x != 0) return;
  double* out = step.plan.dense_sums + static_cast<int64_t>(step.layer.first_dense_block + block) * kDenseFields;
  for (int i = 0; i < kDenseFields; ++i) out[i] = total[i];
}

}  // namespace yololoss
