#include "search_ignored.h"

#include <algorithm>

#include "yololoss/decode_box.h"
#include "yololoss/ignore_rules.h"
#include "yololoss/plain_iou.h"

namespace yololoss {
namespace {

// More than floats can be off in a decoded side, relative.
constexpr double kSlack = 1e-3;

// One plane's search. Boxes are decoded row by row, when a target reaches a row.
class PlaneSearch {
 public:
  PlaneSearch(StepState& state, Layer& layer, int32_t image, int32_t anchor, Scratch& scratch)
      : state_(state), layer_(layer), grid_(layer.grid), image_(image), anchor_(anchor), scratch_(scratch), hits_(scratch.hits) {
    for (auto& values : scratch.box) values.resize(grid_.cells());
    scratch.row_decoded.assign(grid_.height, 0);
    hits_.clear();
  }

  void run() {
    read_plane();
    auto& found = layer_.candidates[image_ * grid_.anchors + anchor_];
    for (int32_t n = 0; n < state_.truths(image_); ++n) compare(state_.truth_row(image_, n));
    std::sort(hits_.begin(), hits_.end());
    hits_.erase(std::unique(hits_.begin(), hits_.end()), hits_.end());
    for (const int32_t slot : hits_) found.push_back(Candidate{slot});
  }

  bool above() const { return above_; }

 private:
  // The raw outputs as floats, and whether they are finite: every box output of the plane is read.
  void read_plane() {
    for (int k = 0; k < 4; ++k) {
      raw_[k] = plane_of(k);
      if (!state_.lanes->all_finite(raw_[k], grid_.cells())) note_non_finite(k, raw_[k]);
    }
    for (int k = 0; k < 2; ++k) measure_rows(k);
  }

  const float* plane_of(int k) {
    const TensorAccess& tensor = layer_.prediction;
    const int64_t stride = tensor.view().column_stride;
    const float* in_place = tensor.floats(tensor.index(image_, anchor_, k, 0, 0), stride);
    if (in_place && tensor.is_run()) return in_place;
    std::vector<float>& out = scratch_.raw_box[k];
    out.resize(grid_.cells());
    for (int32_t row = 0; row < grid_.height; ++row) {
      const int64_t first = tensor.index(image_, anchor_, k, row, 0);
      for (int32_t column = 0; column < grid_.width; column += Scratch::kRun) {
        const int n = std::min(grid_.width - column, Scratch::kRun);
        tensor.read(*state_.lanes, first + column * stride, stride, n, &out[row * grid_.width + column], scratch_.halves);
      }
    }
    return out.data();
  }

  // How small and how large the boxes of each row are: exp is monotone, so the smallest output tells.
  void measure_rows(int k) {
    std::vector<float>&least = scratch_.least_side[k], &most = scratch_.most_side[k];
    least.assign(grid_.height, 0.0f);
    most.assign(grid_.height, HUGE_VALF);
    if (state_.loss->decoding == BoxDecoding::kDarknetNewCoords) return;
    for (int32_t j = 0; j < grid_.height; ++j) state_.lanes->range(raw_[2 + k] + j * grid_.width, grid_.width, &least[j], &most[j]);
    for (int32_t j = 0; j < grid_.height; j += Scratch::kRun) {
      const int n = std::min(grid_.height - j, Scratch::kRun);
      for (std::vector<float>* sides : {&least, &most}) {
        std::copy(&(*sides)[j], &(*sides)[j] + n, scratch_.x);
        decode_run(2 + k, scratch_.x, &(*sides)[j], n);
      }
    }
  }

  // IoU is at most the shorter side over the longer one, along each axis.
  bool row_may_reach(int32_t j, double threshold, double w, double h) const {
    return side_may_reach(0, j, threshold, w) && side_may_reach(1, j, threshold, h);
  }
  bool side_may_reach(int k, int32_t j, double threshold, double side) const {
    const double least = static_cast<double>(scratch_.least_side[k][j]), most = static_cast<double>(scratch_.most_side[k][j]);
    return most >= threshold * side * (1 - kSlack) && least * threshold <= side * (1 + kSlack);
  }

  void note_non_finite(int k, const float* values) {
    for (int32_t cell = 0; cell < grid_.cells(); ++cell) {
      if (!isfinite(values[cell])) {
        const int32_t slot = grid_.slot(image_, anchor_, 0, 0) + cell;
        const double exact = layer_.prediction.get(layer_.prediction.index(image_, anchor_, k, grid_.row_of(slot), grid_.column_of(slot)));
        if (!isfinite(exact)) {
          scratch_.prediction.note(grid_.layer, slot, state_.attributes(), k, exact);
          return;
        }
      }
    }
  }

  void compare(int32_t row) {
    const LossDescription& loss = *state_.loss;
    const Target& t = state_.targets[row];
    const double x = t.cx * grid_.width, y = t.cy * grid_.height, w = t.w * grid_.width, h = t.h * grid_.height;
    const double threshold = search_threshold(loss);
    const Reach reach = reach_in_grid(threshold, overhang_of(loss, grid_), grid_, x, y, w, h);
    const int32_t left = reach.left, right = whole_vectors(left, reach.right);
    const bool rough = float_decides(loss, grid_, threshold, w, h);
    for (int32_t j = reach.top; j < reach.bottom; ++j) {
      if (!rough) {
        for (int32_t i = left; i < right; ++i) decide(row, grid_.slot(image_, anchor_, j, i));
        continue;
      }
      if (!row_may_reach(j, threshold, w, h)) continue;
      decode_row(j);
      const float column = static_cast<float>(floor(x));
      const RoughTruth truth{column, static_cast<float>(x - floor(x)), static_cast<float>(y - j), static_cast<float>(w),
                             static_cast<float>(h)};
      for (int32_t i = left; i < right; i += Scratch::kRun) compare_run(row, truth, threshold, j, i, std::min(right - i, Scratch::kRun));
    }
  }

  // A few cells more cost less than a vector's rest.
  int32_t whole_vectors(int32_t left, int32_t right) const { return std::min(left + (right - left + 7) / 8 * 8, grid_.width); }

  void compare_run(int32_t row, const RoughTruth& truth, double threshold, int32_t j, int32_t i, int n) {
    const int32_t cell = j * grid_.width + i;
    float* iou = scratch_.value;
    const float low = static_cast<float>(threshold) - kUnsureIou, high = static_cast<float>(threshold) + kUnsureIou;
    if (!state_.lanes->rough_iou(&scratch_.box[0][cell], &scratch_.box[1][cell], &scratch_.box[2][cell], &scratch_.box[3][cell], n, i,
                                 truth, low, iou)) {
      return;
    }
    for (int k = 0; k < n; ++k) {
      if (iou[k] < low) continue;
      const int32_t slot = grid_.slot(image_, anchor_, j, i + k);
      if (iou[k] > high) {
        hits_.push_back(slot);
        above_ = true;
      } else {
        decide(row, slot);  // near the threshold, or not a number
      }
    }
  }

  void decide(int32_t row, int32_t slot) {
    double raw[4];
    const SlotPlace place = grid_.place(slot);
    read_box(layer_, place, raw);
    const double iou = plain_iou(decode_box(state_.loss->decoding, grid_, place, raw).box, state_.truth(grid_, row));
    if (is_candidate(*state_.loss, iou)) hits_.push_back(slot);
    above_ |= iou > lowest_threshold(*state_.loss);
  }

  void decode_row(int32_t j) {
    if (scratch_.row_decoded[j]) return;
    scratch_.row_decoded[j] = 1;
    for (int k = 0; k < 4; ++k) decode_run(k, raw_[k] + j * grid_.width, &scratch_.box[k][j * grid_.width], grid_.width);
  }

  // To cells: centres relative to the cell's corner, sides.
  void decode_run(int k, const float* raw, float* values, int n) {
    const Lanes& lanes = *state_.lanes;
    const float side = static_cast<float>((k % 2 == 0 ? grid_.anchor_width[anchor_] : grid_.anchor_height[anchor_]) / grid_.stride);
    const float scale = static_cast<float>(grid_.scale_xy), shift = 0.5f * (scale - 1.0f);
    const bool activated = state_.loss->decoding == BoxDecoding::kDarknetNewCoords;
    if (k < 2) {
      if (activated) {
        std::copy(raw, raw + n, values);
      } else {
        lanes.sigmoid(raw, n, values);
      }
      for (int i = 0; grid_.in_image_units && i < n; ++i) values[i] = values[i] * scale - shift;
    } else if (activated) {
      for (int i = 0; i < n; ++i) values[i] = 4.0f * raw[i] * raw[i] * side;
    } else {
      lanes.scaled_exp(raw, n, side, values);
      if (state_.loss->decoding == BoxDecoding::kSigmoidExpLimited) {
        const float most = static_cast<float>(std::max(grid_.width, grid_.height));
        for (int i = 0; i < n; ++i) values[i] = values[i] > most ? most : values[i];
      }
    }
  }

  StepState& state_;
  Layer& layer_;
  const Grid& grid_;
  const int32_t image_, anchor_;
  Scratch& scratch_;
  const float* raw_[4] = {};
  bool above_ = false;
  std::vector<int32_t>& hits_;
};

bool any_probable_class(const StepState& state, const Layer& layer, int32_t slot, Scratch& scratch) {
  const Grid& g = layer.grid;
  const int64_t first = layer.prediction.index(g.image_of(slot), g.anchor_of(slot), 5, g.row_of(slot), g.column_of(slot));
  bool any = false;
  for (int32_t c = 0; c < state.loss->classes; ++c) {
    const double raw = layer.prediction.get(first + c * layer.prediction.view().attribute_stride);
    if (!isfinite(raw)) scratch.prediction.note(g.layer, slot, state.attributes(), 5 + c, raw);
    any |= probability(state.loss->decoding, raw) > kClassProbability;
  }
  return any;
}

}  // namespace

double best_iou(const StepState& state, const Layer& layer, int32_t slot, const Box& predicted, int32_t* best_target) {
  const int32_t image = layer.grid.image_of(slot);
  double best = 0;
  *best_target = -1;
  for (int32_t n = 0; n < state.truths(image); ++n) {
    const int32_t row = state.truth_row(image, n);
    const double iou = plain_iou(predicted, state.truth(layer.grid, row));
    if (iou > best) {
      best = iou;
      *best_target = row;
    }
  }
  return best;
}

void clear_marks(Layer& layer, int32_t plane) {
  for (const Candidate& candidate : layer.candidates[plane]) {
    if (layer.state[candidate.slot] != kMatched) layer.state[candidate.slot] = kFree;
  }
  layer.candidates[plane].clear();
  layer.above[plane] = 0;
}

namespace {

void mark_plane(StepState& state, Layer& layer, int32_t image, int32_t anchor, Scratch& scratch) {
  const LossDescription& loss = *state.loss;
  const int32_t planes = layer.grid.anchors;
  if (loss.ignore_rule == IgnoreRule::kIouAtLeast) {
    bool any = false;
    for (int32_t a = 0; a < planes; ++a) any |= layer.above[image * planes + a] != 0;
    if (!any) return;
  }
  for (Candidate& candidate : layer.candidates[image * planes + anchor]) {
    uint8_t& slot_state = layer.state[candidate.slot];
    if (loss.ignore_rule != IgnoreRule::kIouAboveAndClass) {
      if (slot_state == kFree) slot_state = kIgnored;
      continue;
    }
    double raw[4];
    const SlotPlace place = layer.grid.place(candidate.slot);
    read_box(layer, place, raw);
    const Box predicted = decode_box(loss.decoding, layer.grid, place, raw).box;
    candidate.best_iou = best_iou(state, layer, candidate.slot, predicted, &candidate.best_target);
    candidate.over = candidate.best_iou > loss.ignore_threshold && any_probable_class(state, layer, candidate.slot, scratch);
    candidate.matches = candidate.best_iou > loss.truth_threshold;
    if (slot_state != kFree) continue;
    slot_state = candidate.matches || (candidate.over && loss.smooth) ? kSpecial : candidate.over ? kIgnored : kFree;
  }
}

}  // namespace

void search_image(StepState& state, Layer& layer, int32_t image, Scratch& scratch) {
  if (state.truths(image) == 0) return;
  for (int32_t anchor = 0; anchor < layer.grid.anchors; ++anchor) {
    PlaneSearch search(state, layer, image, anchor, scratch);
    search.run();
    layer.above[image * layer.grid.anchors + anchor] = search.above();
  }
  for (int32_t anchor = 0; anchor < layer.grid.anchors; ++anchor) mark_plane(state, layer, image, anchor, scratch);
}

}  // namespace yololoss
