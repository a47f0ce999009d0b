#include "match_pass.h"

#include <algorithm>

#include "search_ignored.h"
#include "yololoss/box_loss.h"
#include "yololoss/objectness_loss.h"
#include "yololoss/plain_iou.h"

namespace yololoss {
namespace {

constexpr double kStableLogit = 16;  // see dense_pass.cpp

// yolov5 asks nothing of a single class; darknet's deltas read the classes themselves.
bool asks_classes(const StepState& state, const Layer& layer) {
  return !state.is_delta() && !(layer.factors.classification == 0 && state.loss->classes == 1);
}

class SlotPass {
 public:
  // The slot at an index of layer.slots, whose outputs are row `row` of the task's.
  SlotPass(StepState& state, Layer& layer, int32_t index, int row, Scratch& scratch)
      : state_(state),
        loss_(*state.loss),
        layer_(layer),
        grid_(layer.grid),
        scratch_(scratch),
        slot_(layer.slots[index]),
        place_(layer.grid.place(slot_)),
        first_(layer.first_on_slot[slot_]),
        sums_(layer.slot_sums[index]),
        raw_(&scratch.raw[row * 5]),
        logits_(&scratch.logits[static_cast<size_t>(row) * state.loss->classes]),
        gradient_(&scratch.gradient[static_cast<size_t>(row) * state.attributes()]),
        decoded_(decode_box(loss_.decoding, grid_, place_, raw_)) {
    sums_ = {};
    for (int k = 0; k < 5; ++k) note(k, raw_[k]);
    std::fill(gradient_, gradient_ + state.attributes(), 0.0f);
  }

  void run() {
    sums_.probability = probability(loss_.decoding, raw_[4]);
    for (int32_t p = first_; p >= 0; p = layer_.positives[p].next) {
      layer_.sums[p] = {};
      layer_.sums[p].iou = plain_iou(match_frame(grid_, decoded_), layer_.positives[p].truth);
    }
    if (state_.is_delta()) {
      deltas();
    } else {
      boxes();  // before the objectness, which may ask for their overlap
      objectness();
      classes();
    }
  }

 private:
  double note(int attribute, double value) {
    if (!isfinite(value)) scratch_.prediction.note(grid_.layer, slot_, state_.attributes(), attribute, value);
    return value;
  }

  float scaled(double slope) const { return static_cast<float>(slope * state_.request.gradient_scale); }

  // ---- an ordinary loss

  void objectness() {
    const ValueAndSlope<double> term = objectness_loss(loss_, raw_[4], asked_objectness(), state_.rarity);
    sums_.objectness = term.value;
    for (int32_t p = first_; p >= 0; p = layer_.positives[p].next) layer_.sums[p].objectness_loss = term.value;
    gradient_[4] = scaled(layer_.factors.objectness_on_matches * term.slope);
  }

  double asked_objectness() {
    switch (loss_.objectness_target) {
      case ObjectnessTarget::kOne:
        return 1;
      case ObjectnessTarget::kBestIou: {
        int32_t best;
        return best_iou(state_, layer_, slot_, decoded_.box, &best);
      }
      case ObjectnessTarget::kMatchIou:
        break;
    }
    double overlap = clamped_overlap(layer_.positives[first_].last);
    for (int32_t p = first_; loss_.sort_by_iou && p >= 0; p = layer_.positives[p].next) {
      overlap = max_of(overlap, clamped_overlap(p));
    }
    return loss_.iou_share < 1 ? (1 - loss_.iou_share) + loss_.iou_share * overlap : overlap;
  }

  double clamped_overlap(int32_t p) const {
    const PositiveSums& sums = layer_.sums[p];
    // a box term that is 1 - overlap has it already
    const bool known = loss_.box_kind >= BoxKind::kOneMinusIou || loss_.box_kind == BoxKind::kSquaredErrorCellAndIou;
    const double overlap =
        known && sums.paid ? 1 - sums.overlap : box_overlap(loss_, match_frame(grid_, decoded_), layer_.positives[p].truth).value;
    return overlap < 0 ? 0 : overlap;
  }

  void boxes() {
    const bool all = loss_.collision == Collision::kAccumulate || loss_.collision == Collision::kAverageBoxesUniteClasses;
    double slope[4] = {};
    if (all) {
      int32_t sharers = 0;
      for (int32_t p = first_; p >= 0; p = layer_.positives[p].next) ++sharers;
      const double share = loss_.collision == Collision::kAverageBoxesUniteClasses ? 1.0 / sharers : 1;
      for (int32_t p = first_; p >= 0; p = layer_.positives[p].next) box(p, share, slope);
    } else {
      box(layer_.positives[first_].last, 1, slope);
    }
    for (int k = 0; k < 4; ++k) gradient_[k] = scaled(slope[k]);
  }

  void box(int32_t p, double share, double slope[4]) {
    const LayerFactors& f = layer_.factors;
    const Positive& positive = layer_.positives[p];
    const BoxLoss term = box_loss(loss_, grid_, place_, raw_, decoded_, positive.truth);
    PositiveSums& sums = layer_.sums[p];
    sums.paid = true;
    sums.xy = term.xy;
    sums.wh = term.wh;
    sums.overlap = term.overlap;
    sums.box_loss = term.xy + term.wh + term.overlap;
    sums.box_share = (f.xy * term.xy + f.wh * term.wh + f.overlap * term.overlap) * share;
    if (loss_.gradient_mode == GradientMode::kDarknet) {
      double delta[4];
      darknet_box_delta(loss_, grid_, place_, raw_, decoded_, positive.truth, delta);
      const double most = loss_.box_kind == BoxKind::kSquaredErrorDarknet ? kInfinity : loss_.max_delta;
      for (int k = 0; k < 4; ++k) slope[k] -= std::clamp(delta[k] * share, -most, most) / grid_.images;
      return;
    }
    for (int k = 0; k < 4; ++k) {
      slope[k] += ((k < 2 ? f.xy : f.wh) * term.error_slope[k] + f.overlap * term.overlap_slope[k]) * share;
    }
  }

  void classes() {
    if (!asks_classes(state_, layer_)) return;
    const int32_t n = loss_.classes;
    if (!state_.lanes->all_finite(logits_, n)) {
      for (int32_t c = 0; c < n; ++c) note(5 + c, raw_class(c));
    }
    if (loss_.class_kind == ClassKind::kSoftmaxCrossEntropy) {
      softmax_classes();
    } else {
      bce_classes();
    }
  }

  double raw_class(int32_t category) const {
    const TensorAccess& p = layer_.prediction;
    return p.get(p.index(place_.image, place_.anchor, 5 + category, place_.row, place_.column));
  }

  double class_weight(int32_t category) const { return state_.class_weights ? state_.class_weights[category] : 1; }

  // Classes that nobody asks for in floats. The asked ones in double and never in the same sum: of a right answer they are large terms
  // that would have to cancel.
  void bce_classes() {
    unasked_classes();
    const int32_t n = loss_.classes;
    float *value = scratch_.class_value.data(), *gradient = gradient_ + 5;
    std::vector<int32_t>&asked = scratch_.asked, &categories = scratch_.categories;
    const bool all = loss_.collision == Collision::kAccumulate;
    int32_t rows = 0;
    categories.clear();
    for (int32_t p = first_; p >= 0; p = layer_.positives[p].next) {
      ++rows;
      if (asked[layer_.positives[p].category]++ == 0) categories.push_back(layer_.positives[p].category);
    }
    if (!all) rows = 1;
    const double factor = layer_.factors.classification * state_.request.gradient_scale;
    scale_by(*state_.lanes, scratch_.class_slope.data(), n, factor * rows, gradient);
    double united = 0;
    for (const int32_t c : categories) {
      const double eps = loss_.label_smoothing;
      const int32_t others = all ? rows - asked[c] : 0;
      const ValueAndSlope<double> on = class_term(c, (1 - eps) + eps / 2);
      const ValueAndSlope<double> off = others > 0 ? class_term(c, eps / 2) : ValueAndSlope<double>{0, 0};
      scratch_.p[c] = on.value;
      scratch_.class_delta[c] = off.value;
      united += on.value;
      gradient[c] = static_cast<float>(factor * (others == 0 ? rows * on.slope : asked[c] * on.slope + others * off.slope));
      value[c] = 0;
    }
    double unasked = state_.lanes->sum(value, n);
    if (!isfinite(unasked)) unasked = unasked_in_double();
    if (all) {
      for (int32_t p = first_; p >= 0; p = layer_.positives[p].next) {
        const int32_t category = layer_.positives[p].category;
        double loss = unasked + scratch_.p[category];
        for (const int32_t c : categories) loss += c == category ? 0 : scratch_.class_delta[c];
        layer_.sums[p].class_loss = loss;
      }
    } else {
      layer_.sums[layer_.positives[first_].last].class_loss = unasked + united;
    }
    for (const int32_t c : categories) asked[c] = 0;
  }

  // Where floats overflow.
  double unasked_in_double() const {
    double sum = 0;
    for (int32_t c = 0; c < loss_.classes; ++c) {
      if (scratch_.asked[c] > 0) continue;
      const double value = static_cast<double>(scratch_.class_value[c]);
      sum += isfinite(value) ? value : class_term(c, loss_.label_smoothing / 2).value;
    }
    return sum;
  }

  void unasked_classes() {
    const int32_t n = loss_.classes;
    const double off = loss_.label_smoothing / 2;
    float *value = scratch_.class_value.data(), *slope = scratch_.class_slope.data();
    if (loss_.focal_gamma > 0) {
      state_.lanes->focal_bce(logits_, n, static_cast<float>(off), static_cast<float>(loss_.class_positive_weight),
                              static_cast<float>(loss_.focal_gamma), value, slope);
    } else {
      state_.lanes->bce(logits_, n, static_cast<float>(off), static_cast<float>(loss_.class_positive_weight), value, slope);
    }
    if (loss_.bce == BceForm::kOfProbability && !state_.lanes->all_within(logits_, n, static_cast<float>(kStableLogit))) {
      for (int32_t c = 0; c < n; ++c) {
        if (!(fabsf(logits_[c]) > static_cast<float>(kStableLogit))) continue;
        const ValueAndSlope<double> term = probability_bce(static_cast<double>(logits_[c]), off);
        value[c] = static_cast<float>(term.value);
        slope[c] = static_cast<float>(term.slope);
      }
    }
    for (int32_t c = 0; state_.class_weights && c < n; ++c) {
      value[c] *= static_cast<float>(state_.class_weights[c]);
      slope[c] *= static_cast<float>(state_.class_weights[c]);
    }
  }

  ValueAndSlope<double> class_term(int32_t category, double target) const {
    const double weight = class_weight(category), logit = static_cast<double>(logits_[category]);
    const ValueAndSlope<double> term = focal_bce(loss_.bce, logit, target, loss_.class_positive_weight, loss_.focal_gamma);
    return {weight * term.value, weight * term.slope};
  }

  void softmax_classes() {
    const int32_t n = loss_.classes;
    int32_t best = 0;
    for (int32_t c = 0; c < n; ++c) best = logits_[c] > logits_[best] ? c : best;
    const float largest = logits_[best];
    float *e = scratch_.class_value.data(), *slope = scratch_.class_slope.data();
    state_.lanes->exp_shifted(logits_, n, largest, e);
    // of the shifted logits, and the largest apart from the rest: a saturated right answer keeps its digits
    const double peak = static_cast<double>(e[best]);  // 1, or not a number
    e[best] = 0;
    const double rest = state_.lanes->sum(e, n);
    const double sum = peak + rest, log_sum = log(peak) + log1p(rest);
    double weights = 0, on_best = 0;
    const bool all = loss_.collision == Collision::kAccumulate;
    for (int32_t p = all ? first_ : layer_.positives[first_].last; p >= 0; p = layer_.positives[p].next) {
      const int32_t category = layer_.positives[p].category;
      const double weight = class_weight(category);
      layer_.sums[p].class_loss = weight * (static_cast<double>(largest) - static_cast<double>(logits_[category]) + log_sum);
      weights += weight;
    }
    const float share = static_cast<float>(weights / sum);
    for (int32_t c = 0; c < n; ++c) slope[c] = share * e[c];
    for (int32_t p = all ? first_ : layer_.positives[first_].last; p >= 0; p = layer_.positives[p].next) {
      const int32_t category = layer_.positives[p].category;
      if (category == best) {
        on_best += class_weight(category);
      } else {
        slope[category] -= static_cast<float>(class_weight(category));
      }
    }
    slope[best] = static_cast<float>(((weights - on_best) * peak - on_best * rest) / sum);
    const double factor = layer_.factors.classification * state_.request.gradient_scale;
    scale_by(*state_.lanes, slope, n, factor, gradient_ + 5);
  }

  // ---- darknet's deltas

  void deltas() {
    const int32_t n = loss_.classes;
    std::vector<double>& p = scratch_.p;
    for (int32_t c = 0; c < n; ++c) {
      p[c] = probability(loss_.decoding, note(5 + c, raw_class(c)));
    }
    std::fill(scratch_.class_delta.begin(), scratch_.class_delta.end(), 0.0);
    double box[4] = {};
    const double o = sums_.probability;
    double objectness = objectness_delta(0, o);
    if (const Candidate* candidate = find_candidate()) {
      if (candidate->over) objectness = loss_.smooth ? objectness_delta(candidate->best_iou, o) : 0;
      if (candidate->matches) {
        const double iou = candidate->best_iou;
        objectness = objectness_delta(loss_.smooth ? iou * iou : 1, o);
        const int32_t category = state_.targets[candidate->best_target].category;
        darknet_class_delta(loss_, p.data(), category, scratch_.class_delta.data());
        if (loss_.smooth) scratch_.class_delta[category] = iou * iou - p[category];
        double written[4];
        write_box(state_.truth(grid_, candidate->best_target), box, written);
      }
    }
    for (int32_t row = first_; row >= 0; row = layer_.positives[row].next) {
      const Positive& positive = layer_.positives[row];
      double written[4];
      write_box(positive.truth, box, written);
      if (!loss_.smooth || objectness == 0) objectness = objectness_delta(1, o);
      darknet_class_delta(loss_, p.data(), positive.category, scratch_.class_delta.data());
      PositiveSums& sums = layer_.sums[row];
      sums.box_loss = loss_.box_kind == BoxKind::kSquaredErrorDarknet ? squares(written, 4) : 1 - sums.iou;
      sums.objectness_loss = objectness * objectness;
      sums.class_loss = squares(scratch_.class_delta.data(), n);
      sums.giou_loss = 1 - darknet_overlap(Overlap::kGiou, decoded_.box, positive.truth);
    }
    if (loss_.extra_iou < 1 && objectness != 0) {
      // with iou_thresh the box deltas are shared among the classes that the slot is asked for
      const auto asked = std::count_if(scratch_.class_delta.begin(), scratch_.class_delta.end(), [](double d) { return d > 0; });
      for (int k = 0; asked > 0 && k < 4; ++k) box[k] /= static_cast<double>(asked);
    }
    sums_.objectness = objectness * objectness;
    sums_.box_squares = squares(box, 4);
    sums_.class_squares = squares(scratch_.class_delta.data(), n);
    for (int k = 0; k < 4; ++k) gradient_[k] = scaled(-box[k]);
    gradient_[4] = scaled(-objectness);
    for (int32_t c = 0; c < n; ++c) gradient_[5 + c] = scaled(-scratch_.class_delta[c]);
  }

  double objectness_delta(double asked, double o) const { return loss_.objectness_weight * (asked - o); }

  static double squares(const double* values, int32_t n) {
    double sum = 0;
    for (int32_t i = 0; i < n; ++i) sum += values[i] * values[i];
    return sum;
  }

  void write_box(const Box& truth, double sum[4], double written[4]) {
    sums_.boxes++;
    sums_.rewritten_boxes += sum[0] != 0 || sum[1] != 0 || sum[2] != 0 || sum[3] != 0 ? 1 : 0;
    darknet_box_delta(loss_, grid_, place_, raw_, decoded_, truth, written);
    const double most = loss_.box_kind == BoxKind::kSquaredErrorDarknet ? kInfinity : loss_.max_delta;
    for (int k = 0; k < 4; ++k) {
      written[k] = max_of(-most, min_of(written[k], most));
      sum[k] += written[k];
    }
  }

  const Candidate* find_candidate() const {
    const auto& found = layer_.candidates[slot_ / grid_.cells()];
    const auto at = std::lower_bound(found.begin(), found.end(), slot_, [](const Candidate& c, int32_t slot) { return c.slot < slot; });
    return at != found.end() && at->slot == slot_ ? &*at : nullptr;
  }

  StepState& state_;
  const LossDescription& loss_;
  Layer& layer_;
  const Grid& grid_;
  Scratch& scratch_;
  const int32_t slot_;
  const SlotPlace place_;
  const int32_t first_;
  SlotSums& sums_;
  const double* const raw_;
  const float* const logits_;
  float* const gradient_;
  const DecodedBox decoded_;
};

// Writes the gradients of a task's slots.
void write_rows(const StepState& state, const Layer& layer, const int32_t* slots, int count, Scratch& scratch) {
  const TensorAccess& tensor = layer.gradient;
  const SlotRows rows(tensor, layer.grid, 0, slots, count);
  const int32_t n = state.attributes();
  rows.write(*state.lanes, n, scratch.gradient.data(), scratch.wide_halves.data());
  if (tensor.all_finite_as_stored(*state.lanes, scratch.gradient.data(), scratch.wide_halves.data(), count * n)) return;
  for (int r = 0; r < count; ++r) {
    for (int32_t k = 0; k < n; ++k) {
      const double stored = tensor.get(rows.index(r, k));
      if (!isfinite(stored)) {
        scratch.stored.note(layer.grid.layer, slots[r], n, k, stored);
        if (state.request.non_finite == NonFinitePolicy::kZero) tensor.set(rows.index(r, k), 0);
      }
    }
  }
}

// `count` slots from `begin` on; those up to `end` come next, and their outputs are asked for meanwhile.
void match_rows(StepState& state, Layer& layer, int32_t begin, int count, int32_t end, Scratch& scratch) {
  const int32_t* slots = &layer.slots[begin];
  for (int r = 0; r < count; ++r) {
    // positives lie in the order of assignment, often in another core's cache
    const int32_t first = layer.first_on_slot[slots[r]];
    if (first < 0) continue;
    __builtin_prefetch(&layer.positives[first]);
    __builtin_prefetch(&layer.sums[first], 1);
  }
  SlotRows(layer.prediction, layer.grid, 0, slots, count).read_exactly(5, scratch.raw);
  if (asks_classes(state, layer)) {
    SlotRows(layer.prediction, layer.grid, 5, slots, count)
        .read(*state.lanes, state.loss->classes, scratch.logits.data(), scratch.wide_halves.data());
  }
  const SlotRows next(layer.prediction, layer.grid, 0, slots + count, std::min(end - begin - count, kRows));
  const int32_t n = state.attributes();
  for (int r = 0; r < count; ++r) {
    next.prefetch(r * n / count, (r + 1) * n / count);
    SlotPass(state, layer, begin + r, r, scratch).run();
  }
  if (state.request.has_gradients) write_rows(state, layer, slots, count, scratch);
}

}  // namespace

double match_iou(const StepState& state, const Layer& layer, const Positive& positive) {
  double raw[4];
  const SlotPlace place = layer.grid.place(positive.slot);
  read_box(layer, place, raw);
  return plain_iou(match_frame(layer.grid, decode_box(state.loss->decoding, layer.grid, place, raw)), positive.truth);
}

void match_slots(StepState& state, Layer& layer, int32_t begin, int32_t end, Scratch& scratch) {
  for (int32_t i = begin; i < end; i += kRows) match_rows(state, layer, i, std::min(end - i, kRows), end, scratch);
}

}  // namespace yololoss
