// What a step knows between its passes.
#pragma once

#include <stdint.h>

#include <vector>

#include "lanes.h"
#include "tensor_access.h"
#include "tensor_rows.h"
#include "yololoss/grid.h"
#include "yololoss/reduction.h"
#include "yololoss/step.h"

namespace yololoss {

enum SlotState : uint8_t { kFree = 0, kIgnored = 1, kMatched = 2, kSpecial = 3 };

// A target and a slot that is responsible for it. The positives of a slot are chained in their order; the first knows the last.
struct Positive {
  int32_t target, category, slot;
  int32_t next, last;
  Box truth;  // in the frame in which the match is compared
};

// A slot whose predicted box overlaps a target enough for the ignore rule.
struct Candidate {
  int32_t slot;
  // darknet's rules look closer:
  int32_t best_target = -1;  // the first with the largest IoU
  double best_iou = 0;
  bool over = false;     // the ignore rule holds, class probability included
  bool matches = false;  // truth_thresh makes it a match of the best target
};

// What one plane, an image's cells of one anchor, adds up to.
struct PlaneSums {
  double loss = 0, probability = 0;
  int64_t elsewhere = 0, ignored = 0;
};

// What one positive adds up to before weights and reduction, and its box's share of the total.
struct PositiveSums {
  double iou = 0, xy = 0, wh = 0, overlap = 0, box_share = 0;
  double box_loss = 0, objectness_loss = 0, class_loss = 0;
  bool paid = false;     // whether the box term was computed
  double giou_loss = 0;  // darknet's tally
};

// What one matched or special slot adds up to.
struct SlotSums {
  double objectness = 0, probability = 0, box_squares = 0, class_squares = 0;
  int32_t boxes = 0, rewritten_boxes = 0;
};

struct Layer {
  Grid grid{};
  TensorAccess prediction, gradient;
  LayerFactors factors{};
  std::vector<uint8_t> state;          // [slots]
  std::vector<int32_t> first_on_slot;  // [slots], -1 for none
  std::vector<Box> boxes;              // [targets], yolov5's assignment: in the unit of the boxes,
  std::vector<uint8_t> neighbours;     // [targets], and which cells a target takes, a bit each
  std::vector<Positive> positives;
  std::vector<PositiveSums> sums;                  // [positives]
  std::vector<int32_t> slots;                      // matched slots in order, then special ones
  std::vector<SlotSums> slot_sums;                 // [slots]
  int32_t matched_slots = 0;                       // of `slots`
  std::vector<PlaneSums> planes;                   // [images * anchors]
  std::vector<std::vector<Candidate>> candidates;  // [images * anchors]
  std::vector<uint8_t> above;                      // [images * anchors]: some IoU is strictly above the threshold
  // The buffer that the engine keeps between steps: where and in which shape it was last written, and which slots hold a box and classes.
  const char* kept_data = nullptr;
  Grid kept_grid{};
  std::vector<int32_t> written;
};

// The first NaN or infinity, in the order layer, slot, attribute.
struct FirstNonFinite {
  int64_t element = INT64_MAX;  // layer * 2^56 + slot * attributes + attribute
  double value = 0;

  void note(int32_t layer, int64_t slot, int32_t attributes, int32_t attribute, double found) {
    const int64_t candidate = (static_cast<int64_t>(layer) << 56) + slot * attributes + attribute;
    if (candidate < element) {
      element = candidate;
      value = found;
    }
  }
  void note(const FirstNonFinite& other) {
    if (other.element < element) *this = other;
  }
};

// So many cells are decoded at a time: what they have in all fits the first caches.
constexpr int32_t kDecodedCells = 32;

// One worker's memory.
struct Scratch {
  static constexpr int kRun = 1024;
  float x[kRun], value[kRun], slope[kRun], probability[kRun];
  uint16_t halves[kRun];
  std::vector<float> raw_box[4], box[4];  // a plane's box outputs where they are not used in place, and decoded, for the ignore search
  std::vector<float> least_side[2], most_side[2];  // of each row of the plane, in cells
  std::vector<uint8_t> row_decoded;
  std::vector<int32_t> hits;                    // slots of the plane whose boxes overlap a target enough
  double raw[kRows * 5];                        // the boxes and objectness of kRows slots
  std::vector<float> logits, gradient;          // [kRows, classes], [kRows, attributes]
  std::vector<uint16_t> wide_halves;            // [kRows, attributes]
  std::vector<float> class_value, class_slope;  // [classes]
  std::vector<int32_t> asked;                   // [classes], by how many rows; 0 between slots
  std::vector<int32_t> categories;              // those that are asked for
  std::vector<double> p, class_delta;           // [classes]: darknet's; of a BCE the terms of asked classes, if asked and if not
  std::vector<double> decoded;                  // [5 + classes, kDecodedCells], from the first decoding on
  FirstNonFinite prediction, stored;
};

struct StepState {
  const LossDescription* loss = nullptr;
  const double* class_weights = nullptr;  // [classes] or null
  const Lanes* lanes = nullptr;
  StepRequest request{};
  AnchorDescription pool[kMaxPool] = {};  // in pixels of this step's images
  const Target* targets = nullptr;
  std::vector<int32_t> image_first;             // [images + 1]: where an image's rows start in `image_rows`
  std::vector<int32_t> image_rows;              // target rows by image, in order
  std::vector<int32_t> image_next, first_task;  // kept to spare allocations
  std::vector<Layer> layers;
  std::vector<Scratch> scratch;  // [threads]
  double rarity = 1;             // positive weight of BCE_WEIGHTED_BY_RARITY

  int32_t attributes() const { return 5 + loss->classes; }
  int32_t truths(int32_t image) const { return image_first[image + 1] - image_first[image]; }
  int32_t truth_row(int32_t image, int32_t n) const { return image_rows[image_first[image] + n]; }
  Box truth(const Grid& grid, int32_t row) const {
    const Target& t = targets[row];
    return grid.target(t.cx, t.cy, t.w, t.h);
  }
  bool skips(int32_t image) const { return loss->empty_images == EmptyImages::kSkip && truths(image) == 0; }
  bool is_delta() const { return loss->objectness_kind == ObjectnessKind::kDelta; }
};

// The four raw box outputs of a slot.
inline void read_box(const Layer& layer, const SlotPlace& place, double raw[4]) {
  const int64_t first = layer.prediction.index(place.image, place.anchor, 0, place.row, place.column);
  for (int i = 0; i < 4; ++i) raw[i] = layer.prediction.get(first + i * layer.prediction.view().attribute_stride);
}

}  // namespace yololoss
