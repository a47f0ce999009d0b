#include "match_pass.h"

#include <algorithm>

#include "search_ignored.h"
#include "yololoss/box_loss.h"
#include "yololoss/objectness_loss.h"
#include "yololoss/plain_iou.h"

namespace yololoss {
namespace {

constexpr double kStableLogit = 16;  // see dense_pass.cpp

class SlotPass {
 public:
  SlotPass(StepState& state, Layer& layer, int32_t index, Scratch& scratch)
      : state_(state),
        loss_(*state.loss),
        layer_(layer),
        grid_(layer.grid),
        scratch_(scratch),
        slot_(layer.slots[index]),
        place_(layer.grid.place(slot_)),
        first_(layer.first_on_slot[slot_]),
        sums_(layer.slot_sums[index]) {
    sums_ = {};
    const int64_t base = layer.prediction.index(place_.image, place_.anchor, 0, place_.row, place_.column);
    const int64_t stride = layer.prediction.view().attribute_stride;
    for (int k = 0; k < 4; ++k) raw_[k] = note(k, layer.prediction.get(base + k * stride));
    objectness_ = note(4, layer.prediction.get(base + 4 * stride));
    classes_at_ = base + 5 * stride;
    decoded_ = decode_box(loss_.decoding, grid_, place_, raw_);
    std::fill(scratch.gradient.begin(), scratch.gradient.end(), 0.0f);
  }

  void run() {
    sums_.probability = probability(loss_.decoding, objectness_);
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
    if (state_.request.has_gradients) write();
  }

 private:
  double note(int attribute, double value) {
    if (!isfinite(value)) scratch_.prediction.note(grid_.layer, slot_, state_.attributes(), attribute, value);
    return value;
  }

  float scaled(double slope) const { return static_cast<float>(slope * state_.request.gradient_scale); }

  // ---- an ordinary loss

  void objectness() {
    const ValueAndSlope<double> term = objectness_loss(loss_, objectness_, asked_objectness(), state_.rarity);
    sums_.objectness = term.value;
    for (int32_t p = first_; p >= 0; p = layer_.positives[p].next) layer_.sums[p].objectness_loss = term.value;
    scratch_.gradient[4] = scaled(layer_.factors.objectness_on_matches * term.slope);
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
    for (int k = 0; k < 4; ++k) scratch_.gradient[k] = scaled(slope[k]);
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
    if (layer_.factors.classification == 0 && loss_.classes == 1) return;  // yolov5 asks nothing of a single class
    float* logits = scratch_.logits.data();
    const int32_t n = loss_.classes;
    layer_.prediction.read(*state_.lanes, classes_at_, layer_.prediction.view().attribute_stride, n, logits, scratch_.wide_halves.data());
    if (!state_.lanes->all_finite(logits, n)) {
      for (int32_t c = 0; c < n; ++c) note(5 + c, layer_.prediction.get(classes_at_ + c * layer_.prediction.view().attribute_stride));
    }
    if (loss_.class_kind == ClassKind::kSoftmaxCrossEntropy) {
      softmax_classes();
    } else {
      bce_classes();
    }
    float* gradient = scratch_.gradient.data() + 5;
    const float factor = static_cast<float>(layer_.factors.classification * state_.request.gradient_scale);
    for (int32_t c = 0; c < n; ++c) gradient[c] = factor * scratch_.class_slope[c];
  }

  double class_weight(int32_t category) const { return state_.class_weights ? state_.class_weights[category] : 1; }

  // Classes that nobody asks for in floats. The asked ones in double and never in the same sum: of a right answer they are large terms
  // that would have to cancel.
  void bce_classes() {
    unasked_classes();
    const int32_t n = loss_.classes;
    float *value = scratch_.class_value.data(), *slope = scratch_.class_slope.data();
    std::vector<int32_t>& asked = scratch_.asked;
    std::fill(asked.begin(), asked.end(), 0);
    int32_t rows = 0;
    for (int32_t p = first_; p >= 0; p = layer_.positives[p].next) {
      ++rows;
      ++asked[layer_.positives[p].category];
    }
    const bool all = loss_.collision == Collision::kAccumulate;
    if (!all) rows = 1;
    double united = 0;
    for (int32_t c = 0; c < n; ++c) {
      if (asked[c] == 0) {
        slope[c] *= static_cast<float>(rows);
        continue;
      }
      const double eps = loss_.label_smoothing;
      const int32_t others = all ? rows - asked[c] : 0;
      const ValueAndSlope<double> on = class_term(c, (1 - eps) + eps / 2);
      const ValueAndSlope<double> off = others > 0 ? class_term(c, eps / 2) : ValueAndSlope<double>{0, 0};
      scratch_.p[c] = on.value;
      scratch_.class_delta[c] = off.value;
      united += on.value;
      slope[c] = static_cast<float>(others == 0 ? rows * on.slope : asked[c] * on.slope + others * off.slope);
      value[c] = 0;
    }
    double unasked = state_.lanes->sum(value, n);
    if (!isfinite(unasked)) {
      unasked = 0;
      for (int32_t c = 0; c < n; ++c) unasked += static_cast<double>(value[c]);
    }
    if (!all) {
      layer_.sums[layer_.positives[first_].last].class_loss = unasked + united;
      return;
    }
    for (int32_t p = first_; p >= 0; p = layer_.positives[p].next) {
      const int32_t category = layer_.positives[p].category;
      double loss = unasked + scratch_.p[category];
      for (int32_t c = 0; rows > asked[category] && c < n; ++c) {
        if (asked[c] > 0 && c != category) loss += scratch_.class_delta[c];
      }
      layer_.sums[p].class_loss = loss;
    }
  }

  void unasked_classes() {
    const int32_t n = loss_.classes;
    const double off = loss_.label_smoothing / 2;
    float *value = scratch_.class_value.data(), *slope = scratch_.class_slope.data();
    if (loss_.focal_gamma > 0) {
      state_.lanes->focal_bce(scratch_.logits.data(), n, static_cast<float>(off), static_cast<float>(loss_.class_positive_weight),
                              static_cast<float>(loss_.focal_gamma), value, slope);
    } else {
      state_.lanes->bce(scratch_.logits.data(), n, static_cast<float>(off), static_cast<float>(loss_.class_positive_weight), value, slope);
    }
    for (int32_t c = 0; c < n; ++c) {
      if (loss_.bce == BceForm::kOfProbability && fabsf(scratch_.logits[c]) > static_cast<float>(kStableLogit)) {
        const ValueAndSlope<double> term = probability_bce(static_cast<double>(scratch_.logits[c]), off);
        value[c] = static_cast<float>(term.value);
        slope[c] = static_cast<float>(term.slope);
      }
      if (state_.class_weights) {
        value[c] *= static_cast<float>(state_.class_weights[c]);
        slope[c] *= static_cast<float>(state_.class_weights[c]);
      }
    }
  }

  ValueAndSlope<double> class_term(int32_t category, double target) const {
    const double weight = class_weight(category), logit = static_cast<double>(scratch_.logits[category]);
    const ValueAndSlope<double> term = focal_bce(loss_.bce, logit, target, loss_.class_positive_weight, loss_.focal_gamma);
    return {weight * term.value, weight * term.slope};
  }

  void softmax_classes() {
    const int32_t n = loss_.classes;
    const float* logits = scratch_.logits.data();
    int32_t best = 0;
    for (int32_t c = 0; c < n; ++c) best = logits[c] > logits[best] ? c : best;
    const float largest = logits[best];
    float *e = scratch_.class_value.data(), *slope = scratch_.class_slope.data();
    state_.lanes->exp_shifted(logits, n, largest, e);
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
      layer_.sums[p].class_loss = weight * (static_cast<double>(largest) - static_cast<double>(logits[category]) + log_sum);
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
  }

  // ---- darknet's deltas

  void deltas() {
    const int32_t n = loss_.classes;
    std::vector<double>& p = scratch_.p;
    for (int32_t c = 0; c < n; ++c) {
      p[c] = probability(loss_.decoding, note(5 + c, layer_.prediction.get(classes_at_ + c * layer_.prediction.view().attribute_stride)));
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
    for (int k = 0; k < 4; ++k) scratch_.gradient[k] = scaled(-box[k]);
    scratch_.gradient[4] = scaled(-objectness);
    for (int32_t c = 0; c < n; ++c) scratch_.gradient[5 + c] = scaled(-scratch_.class_delta[c]);
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

  // ---- the gradient of the slot

  void write() {
    const TensorAccess& tensor = layer_.gradient;
    const int64_t stride = tensor.view().attribute_stride;
    const int64_t base = tensor.index(place_.image, place_.anchor, 0, place_.row, place_.column);
    const int32_t n = state_.attributes();
    tensor.write(*state_.lanes, base, stride, n, scratch_.gradient.data(), scratch_.wide_halves.data());
    if (tensor.all_finite_as_stored(*state_.lanes, scratch_.gradient.data(), scratch_.wide_halves.data(), n)) return;
    for (int32_t k = 0; k < n; ++k) {
      const double stored = tensor.get(base + k * stride);
      if (!isfinite(stored)) {
        scratch_.stored.note(grid_.layer, slot_, n, k, stored);
        if (state_.request.non_finite == NonFinitePolicy::kZero) tensor.set(base + k * stride, 0);
      }
    }
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
  double raw_[4], objectness_ = 0;
  int64_t classes_at_ = 0;
  DecodedBox decoded_;
};

}  // namespace

double match_iou(const StepState& state, const Layer& layer, const Positive& positive) {
  double raw[4];
  const SlotPlace place = layer.grid.place(positive.slot);
  read_box(layer, place, raw);
  return plain_iou(match_frame(layer.grid, decode_box(state.loss->decoding, layer.grid, place, raw)), positive.truth);
}

void match_slot(StepState& state, Layer& layer, int32_t index, Scratch& scratch) { SlotPass(state, layer, index, scratch).run(); }

}  // namespace yololoss
