// One matched slot, by one warp: box, objectness and classes, their loss and gradient.
//
// Boxes and everything that decides are computed in double, alike in all lanes; classes are shared out to the lanes, those that nobody asks
// for in float. Reads and writes all 5 + classes values of the slot.
#pragma once

#include "search_tile.cuh"
#include "yololoss/box_loss.h"
#include "yololoss/match_rules.h"
#include "yololoss/objectness_loss.h"
#include "yololoss/reduction.h"

namespace yololoss {

// What a slot adds up to. Counts are exact in double.
enum MatchField {
  kXy,
  kWh,
  kOverlap,
  kObjectness,
  kClassification,
  kBoxShare,
  kObjectnessShare,
  kClassShare,
  kIou,
  kGiouLoss,
  kProbability,
  kSlots,
  kPositives,
  kBoxes,
  kRewrittenBoxes,
  kBoxSquares,
  kClassSquares,
  kUnusedMatchField
};
static_assert(kUnusedMatchField + 1 == kMatchFields);

// From how many matches of one slot on they are a crowd.
constexpr int32_t kCrowd = 16;

// Where torch's BCELoss starts to round and clamp: beyond, float would not land on its double values.
constexpr float kStableLogit = 16;

__device__ inline LayerFactors factors_of(const StepView& step) {
  LayerFactors factors = layer_factors(step.loss(), step.index, step.input.counters.positives, step.plan.images, step.grid().slots(),
                                       step.input.balance[step.index]);
  if (step.is_delta()) factors.objectness_elsewhere = step.loss().objectness_weight;  // of the delta, which is minus the gradient's
  return factors;
}

// Positive weight of BCE_WEIGHTED_BY_RARITY.
__device__ inline double rarity_of(const StepView& step) {
  double cells = 0;
  for (int32_t l = 0; l < step.loss().head_count; ++l) cells += step.plan.layers[l].grid.slots_per_image();
  const double count = step.input.target_count;
  return count == 0 ? 1 : max_of(0, (cells - count) / count * 0.5);
}

// What the ignore rule of darknet found for a slot.
struct SpecialSlot {
  int32_t best_target;  // the first with the largest IoU
  double best_iou;
  bool over;     // the ignore rule holds, class probability included
  bool matches;  // truth_thresh makes it a match of the best target
};

// Looks at a slot whose box overlaps some target by more than the lowest threshold.
__device__ inline SpecialSlot special_slot(const StepView& step, int32_t slot, const SlotPlace& place, const Box& predicted) {
  SpecialSlot special{-1, 0, false, false};
  special.best_iou = best_iou(step, place.image, predicted, &special.best_target);
  special.matches = special.best_iou > step.loss().truth_threshold;
  if (special.best_iou > step.loss().ignore_threshold) {
    for (int32_t c = 0; c < step.loss().classes; ++c) {
      const double raw = step.predicted(place, 5 + c);
      step.note_prediction(slot, 5 + c, raw);
      special.over |= probability(step.loss().decoding, raw) > kClassProbability;
    }
  }
  return special;
}

// A match of darknet's that wrote the deltas of all classes.
struct FullWrite {
  int32_t category;    // -1 if there is none
  int32_t rows;        // matches of the slot up to and with it
  double special_iou;  // of the truth_thresh match, else 0
};

class MatchSlot {
 public:
  // first: the slot's first match, or -1 for a special slot.
  __device__ MatchSlot(const StepView& step, int32_t slot, int32_t first, double* sums)
      : step_(step),
        loss_(step.loss()),
        grid_(step.grid()),
        factors_(factors_of(step)),
        slot_(slot),
        first_(first),
        place_(step.grid().place(slot)),
        lane_(lane_of_thread()),
        sums_(sums) {
    step.read_box(place_, raw_);
    for (int k = 0; k < 4; ++k) step.note_prediction(slot_, k, raw_[k]);
    classes_at_ = element_index(step.prediction(), place_.image, place_.anchor, 5, place_.row, place_.column);
    objectness_ = step.predicted(classes_at_ - step.prediction().attribute_stride);
    step.note_prediction(slot_, 4, objectness_);
    if (step.input.has_gradients) {
      gradient_at_ = element_index(step.gradient(), place_.image, place_.anchor, 0, place_.row, place_.column);
    }
    decoded_ = step.decoded(place_, raw_);
  }

  __device__ void run() {
    count(kProbability, probability(loss_.decoding, objectness_));
    count(kSlots, 1);
    describe_positives();
    if (step_.is_delta()) {
      deltas();
    } else {
      boxes();  // before the objectness, which may ask for their overlap
      objectness();
      classes();
    }
    add_positives();
  }

 private:
  __device__ int32_t next(int32_t p) const { return step_.layer.ordered_next[p]; }
  __device__ PositiveRecord& record(int32_t p) const { return step_.layer.positives[p]; }
  __device__ int32_t category(int32_t p) const { return step_.input.targets[record(p).target].category; }

  __device__ int32_t last() const {
    int32_t p = first_;
    while (next(p) >= 0) p = next(p);
    return p;
  }

  __device__ int32_t rows() const {
    int32_t n = 0;
    for (int32_t p = first_; p >= 0; p = next(p)) ++n;
    return n;
  }

  __device__ __noinline__ Box truth(int32_t p) const {
    return truth_in_cell(loss_, grid_, step_.truth(record(p).target), place_.row, place_.column);
  }

  // Sums are lane 0's to write; each field once or more.
  __device__ void count(MatchField field, double value) const {
    if (lane_ == 0) sums_[field] += value;
  }

  __device__ void store(int32_t attribute, double slope) const {
    if (!step_.input.has_gradients || lane_ != 0) return;
    step_.store_gradient(slot_, gradient_at_ + attribute * step_.gradient().attribute_stride, attribute,
                         static_cast<float>(slope * step_.input.gradient_scale));
  }

  // A record is written by lane 0 and read by all, after a warp barrier.
  __device__ __noinline__ void describe_positives() const {
    const bool replaces = loss_.collision == Collision::kLastWins || loss_.collision == Collision::kUniteClasses;
    for (int32_t p = first_; p >= 0 && lane_ == 0; p = next(p)) {
      const int32_t target = step_.target_of(p);
      const Box asked = truth_in_cell(loss_, grid_, step_.truth(target), place_.row, place_.column);
      PositiveRecord r{};
      r.target = target;
      r.slot = slot_;
      r.replaced = replaces && next(p) >= 0;
      r.iou = plain_iou(match_frame(grid_, decoded_), asked);
      record(p) = r;
      atomicMax(&step_.plan.best_of_target[target], static_cast<unsigned long long>(__double_as_longlong(r.iou)));
    }
    __syncwarp(kWholeWarp);
  }

  __device__ void add_positives() const {
    __syncwarp(kWholeWarp);
    for (int32_t p = first_; p >= 0 && lane_ == 0; p = next(p)) {
      const PositiveRecord& r = record(p);
      count(kPositives, 1);
      count(kIou, r.iou);
      count(kBoxShare, r.share.box);
      count(kObjectnessShare, r.share.objectness);
      count(kClassShare, r.share.classification);
    }
  }

  // ---- an ordinary loss

  __device__ void boxes() const {
    const bool all = loss_.collision == Collision::kAccumulate || loss_.collision == Collision::kAverageBoxesUniteClasses;
    double slope[4] = {};
    if (all) {
      const double share = loss_.collision == Collision::kAverageBoxesUniteClasses ? 1.0 / rows() : 1;
      for (int32_t p = first_; p >= 0; p = next(p)) box(p, share, slope);
    } else {
      box(last(), 1, slope);
    }
    for (int k = 0; k < 4; ++k) store(k, slope[k]);
  }

  __device__ __noinline__ void box(int32_t p, double share, double slope[4]) const {
    const Box asked = truth(p);
    const BoxLoss term = box_loss(loss_, grid_, place_, raw_, decoded_, asked);
    count(kXy, term.xy);
    count(kWh, term.wh);
    count(kOverlap, term.overlap);
    if (lane_ == 0) {
      record(p).box_loss = term.xy + term.wh + term.overlap;
      record(p).share.box = (factors_.xy * term.xy + factors_.wh * term.wh + factors_.overlap * term.overlap) * share;
    }
    if (loss_.gradient_mode == GradientMode::kDarknet) {
      double delta[4];
      darknet_box_delta(loss_, grid_, place_, raw_, decoded_, asked, delta);
      for (int k = 0; k < 4; ++k) slope[k] -= clipped(delta[k] * share) / grid_.images;
      return;
    }
    for (int k = 0; k < 4; ++k) {
      slope[k] += ((k < 2 ? factors_.xy : factors_.wh) * term.error_slope[k] + factors_.overlap * term.overlap_slope[k]) * share;
    }
  }

  // A NaN stays one.
  __device__ double clipped(double delta) const {
    const double most = loss_.box_kind == BoxKind::kSquaredErrorDarknet ? kInfinity : loss_.max_delta;
    return max_of(-most, min_of(delta, most));
  }

  __device__ __noinline__ void objectness() const {
    const ValueAndSlope<double> term = objectness_loss(loss_, objectness_, asked_objectness(), rarity_of(step_));
    count(kObjectness, term.value);
    for (int32_t p = first_; p >= 0 && lane_ == 0; p = next(p)) record(p).objectness_loss = term.value;
    if (lane_ == 0) record(first_).share.objectness = factors_.objectness_on_matches * term.value;
    store(4, factors_.objectness_on_matches * term.slope);
  }

  __device__ double asked_objectness() const {
    if (loss_.objectness_target == ObjectnessTarget::kOne) return 1;
    if (loss_.objectness_target == ObjectnessTarget::kBestIou) {
      int32_t best;
      return best_iou(step_, place_.image, decoded_.box, &best);
    }
    double overlap = clamped_overlap(last());
    for (int32_t p = first_; loss_.sort_by_iou && p >= 0; p = next(p)) overlap = max_of(overlap, clamped_overlap(p));
    return loss_.iou_share < 1 ? (1 - loss_.iou_share) + loss_.iou_share * overlap : overlap;
  }

  __device__ __noinline__ double clamped_overlap(int32_t p) const {
    const double overlap = box_overlap(loss_, match_frame(grid_, decoded_), truth(p)).value;
    return overlap < 0 ? 0 : overlap;
  }

  __device__ float logit(int32_t c) const {
    return static_cast<float>(step_.predicted(classes_at_ + c * step_.prediction().attribute_stride));
  }

  __device__ double class_weight(int32_t c) const { return step_.plan.class_weights ? step_.plan.class_weights[c] : 1; }

  __device__ void classes() const {
    if (factors_.classification == 0 && loss_.classes == 1) return;  // yolov5 asks nothing of a single class
    for (int32_t c = lane_; c < loss_.classes; c += kWarp) {
      step_.note_prediction(slot_, 5 + c, step_.predicted(classes_at_ + c * step_.prediction().attribute_stride));
    }
    if (loss_.class_kind == ClassKind::kSoftmaxCrossEntropy) {
      softmax_classes();
    } else {
      bce_classes();
    }
  }

  __device__ void store_class(int32_t c, float slope) const {
    if (!step_.input.has_gradients) return;
    const double factor = factors_.classification * step_.input.gradient_scale;
    step_.store_gradient(slot_, gradient_at_ + (5 + c) * step_.gradient().attribute_stride, 5 + c, times_factor(factor, slope));
  }

  __device__ void class_loss(int32_t p, double loss) const {
    count(kClassification, loss);
    if (lane_ != 0) return;
    record(p).class_loss = loss;
    // a layer without a class term has a factor of 0 or none at all
    record(p).share.classification = loss == 0 ? 0 : factors_.classification * loss;
  }

  // Classes that nobody asks for in floats. The asked ones in double and never in the same sum: of a right answer they are large terms
  // that would have to cancel.
  __device__ __noinline__ void bce_classes() const {
    const double eps = loss_.label_smoothing;
    const double on = (1 - eps) + eps / 2, off = eps / 2;
    const bool all = loss_.collision == Collision::kAccumulate;
    const int32_t counted = all ? rows() : 1;
    double unasked = 0;
    for (int32_t c = lane_; c < loss_.classes; c += kWarp) {
      const int32_t asked = times_asked(c);
      if (asked == 0) {
        const ValueAndSlope<float> term = unasked_term(c, off);
        unasked += static_cast<double>(term.value);
        store_class(c, term.slope * static_cast<float>(counted));
        continue;
      }
      const int32_t others = all ? counted - asked : 0;
      const ValueAndSlope<double> hit = class_term(c, on);
      const double slope = others > 0 ? asked * hit.slope + others * class_term(c, off).slope : (all ? asked : counted) * hit.slope;
      store_class(c, static_cast<float>(slope));
    }
    unasked = warp_sum(unasked);
    double united = 0;
    // a crowd's terms are subtracted from their sum, so that a step does not grow with its square times the classes
    const bool crowd = all && counted > kCrowd;
    const double all_off = crowd ? asked_off(off) : 0;
    for (int32_t p = first_; p >= 0; p = next(p)) {
      if (!all) {
        if (is_first_of_class(p)) united += class_term(category(p), on).value;
        continue;
      }
      double loss = unasked + class_term(category(p), on).value;
      if (crowd) loss += all_off - class_term(category(p), off).value;
      for (int32_t q = first_; !crowd && q >= 0; q = next(q)) {
        if (is_first_of_class(q) && category(q) != category(p)) loss += class_term(category(q), off).value;
      }
      class_loss(p, loss);
    }
    if (!all) class_loss(last(), unasked + united);
  }

  // What the asked classes would cost if nobody asked for them.
  __device__ double asked_off(double off) const {
    double sum = 0;
    for (int32_t c = lane_; c < loss_.classes; c += kWarp) {
      if (times_asked(c) > 0) sum += class_term(c, off).value;
    }
    return warp_sum(sum);
  }

  __device__ int32_t times_asked(int32_t c) const {
    int32_t n = 0;
    for (int32_t p = first_; p >= 0; p = next(p)) n += category(p) == c ? 1 : 0;
    return n;
  }

  __device__ bool is_first_of_class(int32_t p) const {
    for (int32_t q = first_; q != p; q = next(q)) {
      if (category(q) == category(p)) return false;
    }
    return true;
  }

  __device__ __noinline__ ValueAndSlope<float> unasked_term(int32_t c, double target) const {
    const float x = logit(c), t = static_cast<float>(target), weight = static_cast<float>(class_weight(c));
    ValueAndSlope<float> term;
    if (loss_.focal_gamma > 0 || (loss_.bce == BceForm::kOfProbability && fabsf(x) > kStableLogit)) {
      const ValueAndSlope<double> exact =
          focal_bce(loss_.bce, static_cast<double>(x), target, loss_.class_positive_weight, loss_.focal_gamma);
      term = {static_cast<float>(exact.value), static_cast<float>(exact.slope)};
    } else {
      term = sigmoid_bce(x, t, static_cast<float>(loss_.class_positive_weight));
    }
    return {weight * term.value, weight * term.slope};
  }

  __device__ __noinline__ ValueAndSlope<double> class_term(int32_t c, double target) const {
    const double weight = class_weight(c);
    const ValueAndSlope<double> term =
        focal_bce(loss_.bce, static_cast<double>(logit(c)), target, loss_.class_positive_weight, loss_.focal_gamma);
    return {weight * term.value, weight * term.slope};
  }

  __device__ __noinline__ void softmax_classes() const {
    const int32_t best = largest_logit();
    const float largest = logit(best);
    // of the shifted logits, and the largest apart from the rest: a saturated right answer keeps its digits
    const double peak = static_cast<double>(expf(largest - largest));  // 1, or not a number
    double rest = 0;
    for (int32_t c = lane_; c < loss_.classes; c += kWarp) {
      if (c != best) rest += static_cast<double>(expf(logit(c) - largest));
    }
    rest = warp_sum(rest);
    const double sum = peak + rest, log_sum = log(peak) + log1p(rest);
    const int32_t start = loss_.collision == Collision::kAccumulate ? first_ : last();
    double weights = 0, on_best = 0;
    for (int32_t p = start; p >= 0; p = next(p)) {
      const int32_t c = category(p);
      weights += class_weight(c);
      on_best += c == best ? class_weight(c) : 0;
      class_loss(p, class_weight(c) * (static_cast<double>(largest) - static_cast<double>(logit(c)) + log_sum));
    }
    const float share = static_cast<float>(weights / sum);
    for (int32_t c = lane_; c < loss_.classes; c += kWarp) {
      float slope = static_cast<float>(((weights - on_best) * peak - on_best * rest) / sum);
      if (c != best) {
        slope = share * expf(logit(c) - largest);
        for (int32_t p = start; p >= 0; p = next(p)) slope -= category(p) == c ? static_cast<float>(class_weight(c)) : 0.0f;
      }
      store_class(c, slope);
    }
  }

  // The first class with the largest logit; a NaN is never larger.
  __device__ int32_t largest_logit() const {
    int32_t best = 0;
    float largest = logit(0);
    for (int32_t c = lane_; c < loss_.classes; c += kWarp) {
      const float x = logit(c);
      if (x > largest) {
        largest = x;
        best = c;
      }
    }
    for (int distance = kWarp / 2; distance > 0; distance /= 2) {
      const float other = __shfl_xor_sync(kWholeWarp, largest, distance);
      const int32_t other_best = __shfl_xor_sync(kWholeWarp, best, distance);
      if (other > largest || (other == largest && other_best < best)) {
        largest = other;
        best = other_best;
      }
    }
    return best;
  }

  // ---- darknet's deltas

  __device__ double objectness_delta(double asked, double o) const { return loss_.objectness_weight * (asked - o); }

  __device__ double class_probability(int32_t c) const {
    return probability(loss_.decoding, step_.predicted(classes_at_ + c * step_.prediction().attribute_stride));
  }

  // The first target of a slot writes the deltas of all classes; a later one finds a delta other than 0 at its class and writes only that.
  // A probability of exactly 0 or 1 leaves a delta of 0, which is then taken for one that was never written. This is the last target among
  // the first `rows` matches (and the truth_thresh match, which comes before them, if there is one) that wrote all.
  __device__ FullWrite full_write(int32_t rows, const SpecialSlot* special) const {
    FullWrite last{-1, 0, 0};
    if (special) last = {step_.input.targets[special->best_target].category, 0, special->best_iou};
    int32_t n = 0;
    for (int32_t row = first_; row >= 0 && n < rows; row = next(row), ++n) {
      if (class_delta(category(row), n, last) == 0) last = {category(row), n + 1, 0};
    }
    return last;
  }

  // A class's delta after the first `rows` matches.
  __device__ __noinline__ double class_delta(int32_t c, int32_t rows, const FullWrite& last) const {
    if (last.category < 0) return 0;
    const double p = class_probability(c);
    int32_t n = 0;
    for (int32_t row = first_; row >= 0 && n < rows; row = next(row), ++n) {
      if (n >= last.rows && category(row) == c) return darknet_smoothed(1, loss_.label_smoothing) - p;
    }
    if (loss_.smooth && last.special_iou > 0 && c == last.category) return last.special_iou * last.special_iou - p;
    return written_delta(c, p, last.category);
  }

  // What a target of class `asked` writes at class c when it writes all.
  __device__ __noinline__ double written_delta(int32_t c, double p, int32_t asked) const {
    const double hit = c == asked ? 1 : 0;
    if (loss_.class_kind != ClassKind::kFocalDelta) return darknet_smoothed(hit, loss_.label_smoothing) - p;
    const double pt = class_probability(asked) + static_cast<double>(1e-15f);
    const double focal = -(1 - pt) * (2 * pt * log(pt) + pt - 1);
    return (hit - p) * 0.5 * focal;
  }

  __device__ double class_squares(int32_t rows, const SpecialSlot* special) const {
    const FullWrite last = full_write(rows, special);
    double squares = 0;
    for (int32_t c = lane_; c < loss_.classes; c += kWarp) {
      const double delta = class_delta(c, rows, last);
      squares += delta * delta;
    }
    return warp_sum(squares);
  }

  __device__ __noinline__ void write_box(const Box& asked, double sum[4], double written[4]) const {
    count(kBoxes, 1);
    count(kRewrittenBoxes, sum[0] != 0 || sum[1] != 0 || sum[2] != 0 || sum[3] != 0 ? 1 : 0);
    darknet_box_delta(loss_, grid_, place_, raw_, decoded_, asked, written);
    for (int k = 0; k < 4; ++k) {
      written[k] = clipped(written[k]);
      sum[k] += written[k];
    }
  }

  static __device__ double squares_of(const double values[4]) {
    return values[0] * values[0] + values[1] * values[1] + values[2] * values[2] + values[3] * values[3];
  }

  __device__ __noinline__ void deltas() const {
    for (int32_t c = lane_; c < loss_.classes; c += kWarp) {
      step_.note_prediction(slot_, 5 + c, step_.predicted(classes_at_ + c * step_.prediction().attribute_stride));
    }
    SpecialSlot found{-1, 0, false, false};
    if (loss_.ignore_rule == IgnoreRule::kIouAboveAndClass) found = special_slot(step_, slot_, place_, decoded_.box);
    const SpecialSlot* special = found.matches ? &found : nullptr;
    const bool squared = loss_.box_kind == BoxKind::kSquaredErrorDarknet;
    const double o = probability(loss_.decoding, objectness_);
    double box[4] = {}, written[4];
    double objectness = objectness_delta(0, o);
    if (found.over) objectness = loss_.smooth ? objectness_delta(found.best_iou, o) : 0;
    if (special) {
      objectness = objectness_delta(loss_.smooth ? found.best_iou * found.best_iou : 1, o);
      write_box(step_.truth(found.best_target), box, written);
    }
    const double matches = step_.input.counters.positives[step_.index];
    int32_t n = 0;
    for (int32_t row = first_; row >= 0; row = next(row)) {
      const Box asked = truth(row);
      write_box(asked, box, written);
      if (!loss_.smooth || objectness == 0) objectness = objectness_delta(1, o);
      const double squares = class_squares(++n, special);
      const double giou_loss = 1 - darknet_overlap(Overlap::kGiou, decoded_.box, asked);
      count(kGiouLoss, giou_loss);
      if (lane_ == 0) {
        PositiveRecord& r = record(row);
        r.box_loss = squared ? squares_of(written) : 1 - r.iou;
        r.objectness_loss = objectness * objectness;
        r.class_loss = squares;
        if (!squared) r.share.box = loss_.box_weight * (loss_.box_kind == BoxKind::kOneMinusGiou ? giou_loss : 1 - r.iou) / matches;
      }
    }
    if (loss_.extra_iou < 1 && objectness != 0) share_boxes(n, special, box);
    finish_deltas(squared, box, objectness, class_squares(n, special));
    for (int k = 0; k < 4; ++k) store(k, -box[k]);
    store(4, -objectness);
    const FullWrite last = full_write(n, special);
    for (int32_t c = lane_; step_.input.has_gradients && c < loss_.classes; c += kWarp) {
      const double delta = class_delta(c, n, last);
      step_.store_gradient(slot_, gradient_at_ + (5 + c) * step_.gradient().attribute_stride, 5 + c,
                           static_cast<float>(-delta * step_.input.gradient_scale));
    }
  }

  // With iou_thresh the box deltas are shared among the classes that the slot is asked for.
  __device__ void share_boxes(int32_t rows, const SpecialSlot* special, double box[4]) const {
    const FullWrite last = full_write(rows, special);
    int32_t asked = 0;
    for (int32_t c = lane_; c < loss_.classes; c += kWarp) asked += class_delta(c, rows, last) > 0 ? 1 : 0;
    asked = warp_sum(asked);
    for (int k = 0; asked > 0 && k < 4; ++k) box[k] /= asked;
  }

  // The slot's part of the cost that darknet prints with show_details 1.
  __device__ void finish_deltas(bool squared, const double box[4], double objectness, double class_squares_of_slot) const {
    const double factor = squared ? 1 : loss_.objectness_weight;
    count(kObjectness, objectness * objectness);
    count(kBoxSquares, squares_of(box));
    count(kClassSquares, class_squares_of_slot);
    const Parts share{squared ? squares_of(box) : 0, factor * (objectness * objectness), factor * class_squares_of_slot};
    if (first_ < 0) {
      count(kBoxShare, share.box);
      count(kObjectnessShare, share.objectness);
      count(kClassShare, share.classification);
    } else if (lane_ == 0) {
      record(first_).share.box += share.box;
      record(first_).share.objectness += share.objectness;
      record(first_).share.classification += share.classification;
    }
  }

  const StepView& step_;
  const LossDescription& loss_;
  const Grid& grid_;
  const LayerFactors factors_;
  const int32_t slot_, first_;
  const SlotPlace place_;
  const int lane_;
  double* sums_;  // [kMatchFields]
  double raw_[4], objectness_;
  int64_t classes_at_, gradient_at_ = 0;
  DecodedBox decoded_;
};

// Adds the slot to `sums`, which lane 0 writes. All lanes of a warp call it. A function of its own, so that the dense pass keeps its
// registers.
__device__ __noinline__ inline void match_slot(const StepView& step, int32_t slot, int32_t first, double* sums) {
  MatchSlot(step, slot, first, sums).run();
}

}  // namespace yololoss
