// The dense pass: objectness of every slot that no target matched, and its gradient, tile by tile; the ignore search comes first where the
// loss has one.
//
// In float. Reads 1 and writes 1 of a cell's 5 + classes values (5 and 1 with an ignore rule), and 1 byte that says whether it is matched.
#pragma once

#include "match_slot.cuh"

namespace yololoss {

enum SlotState : uint8_t { kFree = 0, kIgnored = 1, kMatched = 2, kSpecial = 3 };

// What the loss lets alone: a kernel for each, so that none keeps registers for what it never does.
enum class Ignoring { kNothing, kSlots, kSlotsAndSpecials };

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

// Of an empty slot: of its loss in the total, and of its slope in the gradient.
struct ElsewhereFactors {
  double share, slope;
};

struct DenseScratch {
  SearchList list;
  double sums[kWarps][4];
  double specials[kWarps][kMatchFields];  // of this tile's special slots
  double total[kDenseFields];             // thread 0's
  ElsewhereFactors factors;
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

// How large a logit may be for its float formula: torch's BCELoss of saturated probabilities rounds and clamps in double.
__device__ inline float largest_float_logit(const LossDescription& loss) {
  const bool is_bce = loss.objectness_kind == ObjectnessKind::kBce || loss.objectness_kind == ObjectnessKind::kBceWeightedByRarity;
  return is_bce && loss.bce == BceForm::kOfProbability && loss.focal_gamma == 0 ? kStableLogit : 3.402823466e38f;
}

struct DenseSums {
  double loss, probability;
  int32_t elsewhere, ignored;
};

// One cell that is free or ignored, with whatever logit it has; returns its slope.
__device__ inline float single_cell(const StepView& step, const Tile& tile, int32_t cell, uint8_t state, DenseSums& sums) {
  const LossDescription& loss = step.loss();
  const double exact = step.predicted(tile.element(step, step.prediction(), 4, cell));
  const float x = static_cast<float>(exact);
  ObjectnessTerm term = empty_objectness(loss, x);
  // darknet's rules read the objectness of ignored slots too
  if (state == kFree || step.is_delta()) step.note_prediction(tile.first_slot + cell, 4, exact);
  if (state == kIgnored) {
    ++sums.ignored;
    return 0;
  }
  if (!step.is_delta() && !(fabsf(x) <= largest_float_logit(loss))) {
    const ValueAndSlope<double> term_in_double = objectness_loss(loss, isfinite(x) ? static_cast<double>(x) : exact, 0, rarity_of(step));
    term.value = static_cast<float>(term_in_double.value);
    term.slope = static_cast<float>(term_in_double.slope);
  }
  ++sums.elsewhere;
  sums.loss += static_cast<double>(term.value);
  sums.probability += static_cast<double>(term.probability);
  return term.slope;
}

// The thread's cells one by one: where vectors do not fit, next to matches, and where float does not do. A function of its own, so that
// the usual case keeps its registers.
__device__ __noinline__ inline DenseSums single_cells(const StepView& step, const Tile& tile, uchar4 states, double factor) {
  const uint8_t state[kCellsPerThread] = {states.x, states.y, states.z, states.w};
  DenseSums sums{0, 0, 0, 0};
  for (int k = 0; k < kCellsPerThread; ++k) {
    const int32_t cell = tile.cell(k);
    if (cell < 0 || state[k] >= kMatched) continue;  // the match pass's
    const float slope = step.skips(tile.image) ? 0 : times_factor(factor, single_cell(step, tile, cell, state[k], sums));
    if (step.input.has_gradients) step.store_gradient(tile.first_slot + cell, tile.element(step, step.gradient(), 4, cell), 4, slope);
  }
  return sums;
}

// Stores four neighbouring elements as one vector of memory.
__device__ inline void store_vector(ElementType type, void* data, int64_t at, float4 four) {
  if (type == ElementType::kF32) {
    *reinterpret_cast<float4*>(static_cast<float*>(data) + at) = four;
    return;
  }
  const bool half = type == ElementType::kF16;
  *reinterpret_cast<ushort4*>(static_cast<uint16_t*>(data) + at) =
      half ? make_ushort4(float_to_half(four.x), float_to_half(four.y), float_to_half(four.z), float_to_half(four.w))
           : make_ushort4(float_to_bfloat(four.x), float_to_bfloat(four.y), float_to_bfloat(four.z), float_to_bfloat(four.w));
}

// The thread's cells of a tile. The usual four move as a vector: neighbours, none of them matched, all logits plain.
__device__ __noinline__ inline DenseSums dense_cells(const StepView& step, const Tile& tile, uchar4 states, double factor) {
  const LossDescription& loss = step.loss();
  const TensorView& view = step.gradient();
  const bool empty = states.x <= kIgnored && states.y <= kIgnored && states.z <= kIgnored && states.w <= kIgnored;
  if (!tile.is_vector || tile.cell(0) < 0 || !empty || step.skips(tile.image)) return single_cells(step, tile, states, factor);
  const float4 x = load_vector(step.prediction().type, step.input.prediction_data[step.index], tile.vector_element(step.prediction(), 4));
  const float most = largest_float_logit(loss);
  if (!(fabsf(x.x) <= most && fabsf(x.y) <= most && fabsf(x.z) <= most && fabsf(x.w) <= most)) {
    return single_cells(step, tile, states, factor);
  }
  const ObjectnessTerm a = empty_objectness(loss, x.x), b = empty_objectness(loss, x.y);
  const ObjectnessTerm c = empty_objectness(loss, x.z), d = empty_objectness(loss, x.w);
  const float fa = states.x ? 0.0f : 1.0f, fb = states.y ? 0.0f : 1.0f, fc = states.z ? 0.0f : 1.0f, fd = states.w ? 0.0f : 1.0f;
  if (step.input.has_gradients) {
    const float4 slope = make_float4(times_factor(factor, fa * a.slope), times_factor(factor, fb * b.slope),
                                     times_factor(factor, fc * c.slope), times_factor(factor, fd * d.slope));
    const float largest = view.type == ElementType::kF16 ? 65504.0f : 3.38e38f;  // that no type rounds to infinity
    if (!(fabsf(slope.x) <= largest && fabsf(slope.y) <= largest && fabsf(slope.z) <= largest && fabsf(slope.w) <= largest)) {
      return single_cells(step, tile, states, factor);
    }
    store_vector(view.type, step.input.gradient_data[step.index], tile.vector_element(view, 4), slope);
  }
  const int32_t free = static_cast<int32_t>(fa + fb + fc + fd);
  return {static_cast<double>(fa * a.value) + static_cast<double>(fb * b.value) + static_cast<double>(fc * c.value) +
              static_cast<double>(fd * d.value),
          static_cast<double>(fa * a.probability) + static_cast<double>(fb * b.probability) + static_cast<double>(fc * c.probability) +
              static_cast<double>(fd * d.probability),
          free, kCellsPerThread - free};
}

// Four bytes of a map of slots; those beyond the tile are 0.
__device__ inline uchar4 load_states(const Tile& tile, const uint8_t* map) {
  if (tile.is_vector && tile.cell(0) >= 0) return *reinterpret_cast<const uchar4*>(map + tile.first_slot + tile.cell(0));
  const auto at = [&](int k) { return tile.cell(k) < 0 ? uint8_t{0} : map[tile.first_slot + tile.cell(k)]; };
  return make_uchar4(at(0), at(1), at(2), at(3));
}

__device__ inline uchar4 matched_states(const StepView& step, const Tile& tile) {
  const uchar4 matched = load_states(tile, step.table().is_matched);
  return make_uchar4(matched.x ? kMatched : kFree, matched.y ? kMatched : kFree, matched.z ? kMatched : kFree,
                     matched.w ? kMatched : kFree);
}

// A slot whose box overlaps a target too much for darknet to call it empty.
__device__ __noinline__ inline uint8_t look_closer(const StepView& step, const Tile& tile, int32_t cell) {
  double raw[4];
  const SlotPlace place = tile.place(step, cell);
  step.read_box(place, raw);
  const SpecialSlot special = special_slot(step, tile.first_slot + cell, place, step.decoded(place, raw).box);
  return special.matches || (special.over && step.loss().smooth) ? kSpecial : special.over ? kIgnored : kFree;
}

// What the ignore rule makes of the thread's slots. Every thread of the block calls it.
template <bool kHasSpecials>
__device__ __noinline__ uchar4 apply_ignore_rule(const StepView& step, const Tile& tile, SearchList& list) {
  const IgnoreRule rule = step.loss().ignore_rule;
  unsigned candidates = 0;
  if (rule != IgnoreRule::kIouAtLeast) {
    candidates = search_tile(step, tile, list).candidates;
  } else if (step.layer.above[tile.image]) {  // search_ignored has been here
    const uchar4 found = load_states(tile, step.layer.state);
    candidates = (found.x ? 1u : 0u) | (found.y ? 2u : 0u) | (found.z ? 4u : 0u) | (found.w ? 8u : 0u);
  }
  const uchar4 before = matched_states(step, tile);  // now, so that the search has the registers
  uint8_t state[kCellsPerThread] = {before.x, before.y, before.z, before.w};
  for (int k = 0; k < kCellsPerThread; ++k) {
    if (tile.cell(k) < 0) continue;
    if (state[k] == kFree && (candidates >> k & 1u)) {
      if constexpr (kHasSpecials) {
        state[k] = look_closer(step, tile, tile.cell(k));
      } else {
        state[k] = kIgnored;
      }
    }
    step.layer.state[tile.first_slot + tile.cell(k)] = state[k];
  }
  return make_uchar4(state[0], state[1], state[2], state[3]);
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

// What a tile adds to the block's sums for its special slots, and their share of the total; thread 0's work.
__device__ __noinline__ inline Parts finish_specials(DenseScratch& scratch) {
  Parts parts{0, 0, 0};
  for (int w = 0; w < kWarps; ++w) {
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

__device__ __noinline__ inline ElsewhereFactors elsewhere_factors(const StepView& step) {
  const double factor = factors_of(step).objectness_elsewhere;
  // darknet's planes hold squares of probabilities
  const double weight = step.loss().objectness_weight;
  const double delta_share = (step.loss().box_kind == BoxKind::kSquaredErrorDarknet ? 1 : weight) * (weight * weight);
  return {step.is_delta() ? delta_share : factor, factor * step.input.gradient_scale};
}

// block: of the layer's dense blocks. Writes the block's sums, and each tile's share of the total, in a fixed order. A function of its own,
// that holds no more than the tile's number while the search runs: it would have to spill the rest.
template <Ignoring kIgnoring>
__device__ __noinline__ void dense_block(const StepView& step, int32_t block, DenseScratch& scratch) {
  constexpr bool kHasSpecials = kIgnoring == Ignoring::kSlotsAndSpecials;
  if (threadIdx.x < kDenseFields) scratch.total[threadIdx.x] = 0;
  if (threadIdx.x == 0) scratch.factors = elsewhere_factors(step);
  __syncthreads();
  for (int32_t n = block * step.layer.tiles_per_block; n < (block + 1) * step.layer.tiles_per_block && n < step.layer.tiles; ++n) {
    const Tile tile(step, n);
    const uchar4 states =
        kIgnoring != Ignoring::kNothing ? apply_ignore_rule<kHasSpecials>(step, tile, scratch.list) : matched_states(step, tile);
    const DenseSums sums = dense_cells(step, tile, states, scratch.factors.slope);
    if constexpr (kHasSpecials) special_slots(step, tile, states, scratch.specials[warp_of_thread()]);
    double four[4] = {sums.loss, sums.probability, static_cast<double>(sums.elsewhere), static_cast<double>(sums.ignored)};
    block_sums(four, scratch.sums);
    if (threadIdx.x == 0) {
      for (int i = 0; i < 4; ++i) scratch.total[i] += four[i];
      Parts parts{0, 0, 0};
      if constexpr (kHasSpecials) parts = finish_specials(scratch);
      parts.objectness += scratch.factors.share * four[kLoss];
      step.layer.tile_parts[n] = parts;
    }
    __syncthreads();  // scratch is free again
  }
  double* out = step.plan.dense_sums + static_cast<int64_t>(step.layer.first_dense_block + block) * kDenseFields;
  if (threadIdx.x < kDenseFields) out[threadIdx.x] = scratch.total[threadIdx.x];
}

}  // namespace yololoss
