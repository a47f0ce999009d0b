// One description of each family, with small heads, and the input of a step: what the engine's tests share.
#pragma once

#include <stdint.h>
#include <string.h>

#include <random>
#include <string>
#include <vector>

#include "yololoss.h"
#include "yololoss/box.h"
#include "yololoss/step.h"

namespace yololoss {

// Strides 16 and 32 with two and three anchors, three classes, and the answers of preset yolov3-bce; the families change some.
inline LossDescription plain_loss() {
  LossDescription loss{};
  loss.decoding = BoxDecoding::kSigmoidExp;
  loss.assignment_rule = AssignmentRule::kBestShape;
  loss.extra_overlap = Overlap::kIou;
  loss.ignore_rule = IgnoreRule::kIouAbove;
  loss.empty_images = EmptyImages::kCount;
  loss.box_kind = BoxKind::kBceAndSquaredErrorLog;
  loss.box_convention = OverlapConvention::kPlain;
  loss.gradient_mode = GradientMode::kExact;
  loss.objectness_kind = ObjectnessKind::kBce;
  loss.objectness_target = ObjectnessTarget::kOne;
  loss.class_kind = ClassKind::kBce;
  loss.collision = Collision::kUniteClasses;
  loss.bce = BceForm::kFromLogits;
  loss.reduction = ReductionKind::kSum;
  loss.classes = 3;
  loss.extra_iou = 1;
  loss.ignore_threshold = 0.4;
  loss.truth_threshold = 1;
  loss.box_weight = loss.objectness_weight = loss.match_weight = loss.elsewhere_weight = 1;
  loss.objectness_positive_weight = loss.iou_share = loss.class_weight = loss.class_positive_weight = 1;
  loss.max_delta = kInfinity;
  loss.head_count = 2;
  loss.pool_count = 5;
  const double sides[5][2] = {{12, 16}, {30, 20}, {20, 24}, {60, 40}, {50, 70}};
  for (int n = 0; n < 5; ++n) loss.pool[n] = {sides[n][0], sides[n][1]};
  loss.heads[0] = {16, 2, {0, 1}, 1};
  loss.heads[1] = {32, 3, {4, 2, 3}, 1};
  return loss;
}

struct Family {
  const char* name;
  LossDescription loss;
};

inline std::vector<Family> families() {
  std::vector<Family> all;
  LossDescription loss = plain_loss();
  loss.bce = BceForm::kOfProbability;
  all.push_back({"yolov3-bce", loss});

  loss = plain_loss();
  loss.assignment_rule = AssignmentRule::kBestAnchorInCell;
  loss.ignore_rule = IgnoreRule::kIouAtLeast;
  loss.empty_images = EmptyImages::kSkip;
  loss.box_kind = BoxKind::kBceAndSquaredErrorExp;
  loss.objectness_target = ObjectnessTarget::kBestIou;
  loss.reduction = ReductionKind::kSumOverBatch;
  all.push_back({"yolov3-logits", loss});

  loss.box_kind = BoxKind::kSquaredErrorExp;
  loss.objectness_kind = ObjectnessKind::kSquaredWeightedError;
  loss.match_weight = 5;
  loss.class_kind = ClassKind::kSoftmaxCrossEntropy;
  loss.collision = Collision::kLastWins;
  loss.reduction = ReductionKind::kHalvedSumOverBatch;
  all.push_back({"yolov2", loss});

  loss = plain_loss();
  loss.decoding = BoxDecoding::kYolov5;
  loss.assignment_rule = AssignmentRule::kShapeRatioWithNeighbours;
  loss.ratio_limit = 4;
  loss.ignore_rule = IgnoreRule::kNobody;
  loss.ignore_threshold = 1;
  loss.box_kind = BoxKind::kOneMinusCiou;
  loss.box_convention = OverlapConvention::kYolov5;
  loss.box_weight = 0.05;
  loss.objectness_target = ObjectnessTarget::kMatchIou;
  loss.class_weight = 0.5;
  loss.collision = Collision::kAccumulate;
  loss.reduction = ReductionKind::kLayerMeansTimesBatch;
  loss.autobalance = 1;
  loss.balance_stride = 16;
  loss.balance_count = 2;
  all.push_back({"yolov5", loss});

  loss.focal_gamma = 1.5;
  loss.label_smoothing = 0.1;
  all.push_back({"yolov5 focal", loss});

  loss = plain_loss();
  loss.decoding = BoxDecoding::kSigmoidExpLimited;
  loss.assignment_rule = AssignmentRule::kShapeRatio;
  loss.ratio_limit = 2;
  loss.ignore_rule = IgnoreRule::kNobody;
  loss.ignore_threshold = 1;
  loss.box_kind = BoxKind::kOneMinusIou;
  loss.objectness_kind = ObjectnessKind::kBceWeightedByRarity;
  loss.collision = Collision::kAccumulate;
  loss.reduction = ReductionKind::kRunningLayerMeans;
  all.push_back({"yolov3-ratio", loss});

  loss.assignment_rule = AssignmentRule::kBestPrediction;
  loss.ratio_limit = 0;
  all.push_back({"yolov3-best", loss});

  loss = plain_loss();
  loss.decoding = BoxDecoding::kDarknet;
  loss.heads[0].scale_xy = 1.2;
  loss.ignore_rule = IgnoreRule::kIouAboveAndClass;
  loss.truth_threshold = 0.6;
  loss.box_kind = BoxKind::kSquaredErrorDarknet;
  loss.box_convention = OverlapConvention::kDarknet;
  loss.box_weight = 0.75;
  loss.gradient_mode = GradientMode::kDarknet;
  loss.objectness_kind = ObjectnessKind::kDelta;
  loss.class_kind = ClassKind::kDelta;
  loss.collision = Collision::kAddDeltas;
  all.push_back({"darknet", loss});

  loss.box_kind = BoxKind::kOneMinusCiou;
  loss.box_convention = OverlapConvention::kYolov5;
  loss.gradient_mode = GradientMode::kExact;
  loss.objectness_kind = ObjectnessKind::kBce;
  loss.truth_threshold = 1;
  loss.class_kind = ClassKind::kBce;
  loss.collision = Collision::kAverageBoxesUniteClasses;
  loss.reduction = ReductionKind::kSumOverBatch;
  all.push_back({"darknet-autodiff", loss});
  return all;
}

inline size_t size_of(ElementType type) { return type == ElementType::kF64 ? 8 : type == ElementType::kF32 ? 4 : 2; }

enum class Order { kPlanes, kAttributeLast, kPaddedRows };

// A contiguous view, or one with three elements after every row; `elements` is what it reaches over.
inline TensorView view_of(ElementType type, Order order, int32_t images, int32_t anchors, int32_t attributes, int32_t height, int32_t width,
                          int64_t* elements) {
  TensorView v{};
  v.type = type;
  v.height = height;
  v.width = width;
  if (order == Order::kAttributeLast) {
    v.attribute_stride = 1;
    v.column_stride = attributes;
    v.row_stride = int64_t{width} * attributes;
    v.anchor_stride = height * v.row_stride;
  } else {
    v.column_stride = 1;
    v.row_stride = width + (order == Order::kPaddedRows ? 3 : 0);
    v.attribute_stride = height * v.row_stride;
    v.anchor_stride = attributes * v.attribute_stride;
  }
  v.image_stride = anchors * v.anchor_stride;
  *elements = images * v.image_stride;
  return v;
}

// Every head's tensor in one type and order.
struct Tensors {
  std::vector<TensorView> views;
  std::vector<std::vector<char>> memory;

  void* at(size_t head) { return head < memory.size() ? memory[head].data() : nullptr; }
  bool operator==(const Tensors& other) const { return memory == other.memory; }
};

inline Tensors tensors(const LossDescription& loss, ElementType type, Order order, int32_t images, int32_t side, char filling) {
  Tensors t;
  for (int32_t l = 0; l < loss.head_count; ++l) {
    int64_t elements = 0;
    const int32_t stride = loss.heads[l].stride;
    t.views.push_back(
        view_of(type, order, images, loss.heads[l].anchor_count, 5 + loss.classes, side / stride, 2 * side / stride, &elements));
    t.memory.emplace_back(static_cast<size_t>(elements) * size_of(type), filling);
  }
  return t;
}

// One step's input; images are twice as wide as high. Logits are multiples of 1/16, which every element type holds.
struct Input {
  int32_t images;
  int32_t side;
  Tensors predictions;
  std::vector<Target> targets;
};

inline Input draw_input(const LossDescription& loss, int32_t images, int32_t side, int targets, unsigned seed) {
  std::mt19937 random(seed);
  // not std::normal_distribution, whose numbers differ between libraries
  const auto logit = [&] { return (static_cast<int>(random() % 129) - 64) / 16.0f; };
  const auto unit = [&] { return random() / 4294967296.0; };
  Input input{images, side, tensors(loss, ElementType::kF32, Order::kPlanes, images, side, 0), {}};
  for (auto& memory : input.predictions.memory) {
    for (size_t i = 0; i < memory.size(); i += sizeof(float)) {
      const float value = logit();
      memcpy(&memory[i], &value, sizeof value);
    }
  }
  for (int n = 0; n < targets; ++n) {
    const int32_t image = static_cast<int32_t>(random() % images), category = static_cast<int32_t>(random() % loss.classes);
    const double cx = unit(), cy = unit(), w = 0.05 + 0.5 * unit(), h = 0.05 + 0.5 * unit();
    input.targets.push_back({image, category, cx, cy, w, h});
    if (n % 3 == 0) input.targets.push_back({image, static_cast<int32_t>(random() % loss.classes), cx, cy, w, h});  // two on one slot
  }
  return input;
}

inline StepRequest request_of(const LossDescription& loss, const Input& input) {
  StepRequest request{};
  request.mode = StepMode::kLoss;
  request.images = input.images;
  request.target_count = static_cast<int32_t>(input.targets.size());
  request.non_finite = NonFinitePolicy::kReport;
  request.gradient_scale = 1;
  for (double& b : request.balance) b = 1;
  for (int32_t l = 0; l < loss.head_count; ++l) request.predictions[l] = input.predictions.views[l];
  return request;
}

// An engine behind the C ABI.
class AbiEngine {
 public:
  explicit AbiEngine(const LossDescription& loss, int32_t threads = 1, int32_t instruction_set = 1) : loss_(loss) {
    status_ = yl_open(&loss_, nullptr, threads, instruction_set, &handle_);
  }
  ~AbiEngine() { yl_close(handle_); }
  AbiEngine(const AbiEngine&) = delete;
  AbiEngine& operator=(const AbiEngine&) = delete;

  int32_t status() const { return status_; }
  void* handle() const { return handle_; }

  int32_t step(StepRequest request, Input& input, Tensors* gradients, StepResult* result) {
    if (gradients) {
      request.has_gradients = 1;
      for (size_t l = 0; l < gradients->views.size(); ++l) request.gradients[l] = gradients->views[l];
    }
    Tensors& p = input.predictions;
    const auto g = [&](size_t l) { return gradients ? gradients->at(l) : nullptr; };
    return yl_step(handle_, &request, input.targets.data(), result, p.at(0), p.at(1), p.at(2), p.at(3), p.at(4), p.at(5), p.at(6), p.at(7),
                   g(0), g(1), g(2), g(3), g(4), g(5), g(6), g(7));
  }

 private:
  LossDescription loss_;
  int32_t status_ = -1;
  void* handle_ = nullptr;
};

}  // namespace yololoss
