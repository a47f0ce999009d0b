#include "layout.h"

#include <stddef.h>

#include <string>

#include "yololoss/step.h"

namespace yololoss {
namespace {

class LayoutText {
 public:
  void field(const char* type, const char* name, size_t offset, size_t size) {
    text_ += std::string(type) + "." + name + ":" + std::to_string(offset) + ":" + std::to_string(size) + " ";
  }
  void size(const char* type, size_t size) { text_ += std::string(type) + ":" + std::to_string(size) + " "; }
  void enumerator(const char* type, const char* name, int value) {
    text_ += std::string(type) + "." + name + "=" + std::to_string(value) + " ";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

#define YL_VALUE(type, name) out.enumerator(#type, #name, static_cast<int>(type::name))
#define YL_FIELD(type, name) out.field(#type, #name, offsetof(type, name), sizeof(type::name))

void structures(LayoutText& out) {
  out.size("HeadDescription", sizeof(HeadDescription));
  YL_FIELD(HeadDescription, stride);
  YL_FIELD(HeadDescription, anchor_count);
  YL_FIELD(HeadDescription, anchors);
  YL_FIELD(HeadDescription, scale_xy);
  out.size("AnchorDescription", sizeof(AnchorDescription));
  YL_FIELD(AnchorDescription, width);
  YL_FIELD(AnchorDescription, height);
  out.size("LossDescription", sizeof(LossDescription));
  YL_FIELD(LossDescription, decoding);
  YL_FIELD(LossDescription, assignment_rule);
  YL_FIELD(LossDescription, extra_overlap);
  YL_FIELD(LossDescription, ignore_rule);
  YL_FIELD(LossDescription, empty_images);
  YL_FIELD(LossDescription, box_kind);
  YL_FIELD(LossDescription, box_convention);
  YL_FIELD(LossDescription, gradient_mode);
  YL_FIELD(LossDescription, objectness_kind);
  YL_FIELD(LossDescription, objectness_target);
  YL_FIELD(LossDescription, sort_by_iou);
  YL_FIELD(LossDescription, smooth);
  YL_FIELD(LossDescription, class_kind);
  YL_FIELD(LossDescription, collision);
  YL_FIELD(LossDescription, bce);
  YL_FIELD(LossDescription, reduction);
  YL_FIELD(LossDescription, autobalance);
  YL_FIELD(LossDescription, balance_stride);
  YL_FIELD(LossDescription, balance_count);
  YL_FIELD(LossDescription, classes);
  YL_FIELD(LossDescription, head_count);
  YL_FIELD(LossDescription, pool_count);
  YL_FIELD(LossDescription, anchor_unit);
  YL_FIELD(LossDescription, has_class_weights);
  YL_FIELD(LossDescription, ratio_limit);
  YL_FIELD(LossDescription, extra_iou);
  YL_FIELD(LossDescription, ignore_threshold);
  YL_FIELD(LossDescription, truth_threshold);
  YL_FIELD(LossDescription, box_weight);
  YL_FIELD(LossDescription, max_delta);
  YL_FIELD(LossDescription, objectness_weight);
  YL_FIELD(LossDescription, match_weight);
  YL_FIELD(LossDescription, elsewhere_weight);
  YL_FIELD(LossDescription, objectness_positive_weight);
  YL_FIELD(LossDescription, iou_share);
  YL_FIELD(LossDescription, class_weight);
  YL_FIELD(LossDescription, class_positive_weight);
  YL_FIELD(LossDescription, label_smoothing);
  YL_FIELD(LossDescription, focal_gamma);
  YL_FIELD(LossDescription, heads);
  YL_FIELD(LossDescription, pool);
  out.size("TensorView", sizeof(TensorView));
  YL_FIELD(TensorView, type);
  YL_FIELD(TensorView, height);
  YL_FIELD(TensorView, width);
  YL_FIELD(TensorView, reserved);
  YL_FIELD(TensorView, image_stride);
  YL_FIELD(TensorView, anchor_stride);
  YL_FIELD(TensorView, attribute_stride);
  YL_FIELD(TensorView, row_stride);
  YL_FIELD(TensorView, column_stride);
  out.size("Target", sizeof(Target));
  YL_FIELD(Target, image);
  YL_FIELD(Target, category);
  YL_FIELD(Target, cx);
  YL_FIELD(Target, cy);
  YL_FIELD(Target, w);
  YL_FIELD(Target, h);
  out.size("StepRequest", sizeof(StepRequest));
  YL_FIELD(StepRequest, mode);
  YL_FIELD(StepRequest, images);
  YL_FIELD(StepRequest, target_count);
  YL_FIELD(StepRequest, has_gradients);
  YL_FIELD(StepRequest, keeps_gradients);
  YL_FIELD(StepRequest, non_finite);
  YL_FIELD(StepRequest, gradient_scale);
  YL_FIELD(StepRequest, balance);
  YL_FIELD(StepRequest, predictions);
  YL_FIELD(StepRequest, gradients);
  out.size("Parts", sizeof(Parts));
  YL_FIELD(Parts, box);
  YL_FIELD(Parts, objectness);
  YL_FIELD(Parts, classification);
  out.size("RawSums", sizeof(RawSums));
  YL_FIELD(RawSums, xy);
  YL_FIELD(RawSums, wh);
  YL_FIELD(RawSums, overlap);
  YL_FIELD(RawSums, objectness_on_matches);
  YL_FIELD(RawSums, objectness_elsewhere);
  YL_FIELD(RawSums, classification);
  out.size("DeltaTally", sizeof(DeltaTally));
  YL_FIELD(DeltaTally, iou);
  YL_FIELD(DeltaTally, iou_loss);
  YL_FIELD(DeltaTally, giou_loss);
  YL_FIELD(DeltaTally, matches);
  YL_FIELD(DeltaTally, boxes);
  YL_FIELD(DeltaTally, rewritten_boxes);
  YL_FIELD(DeltaTally, box_squares);
  YL_FIELD(DeltaTally, objectness_squares);
  YL_FIELD(DeltaTally, class_squares);
  out.size("MatchRow", sizeof(MatchRow));
  YL_FIELD(MatchRow, target);
  YL_FIELD(MatchRow, layer);
  YL_FIELD(MatchRow, image);
  YL_FIELD(MatchRow, anchor);
  YL_FIELD(MatchRow, row);
  YL_FIELD(MatchRow, column);
  YL_FIELD(MatchRow, replaced);
  YL_FIELD(MatchRow, reserved);
  YL_FIELD(MatchRow, iou);
  YL_FIELD(MatchRow, box_loss);
  YL_FIELD(MatchRow, objectness_loss);
  YL_FIELD(MatchRow, class_loss);
  out.size("StepResult", sizeof(StepResult));
  YL_FIELD(StepResult, total);
  YL_FIELD(StepResult, per_layer);
  YL_FIELD(StepResult, raw_sums);
  YL_FIELD(StepResult, tallies);
  YL_FIELD(StepResult, next_balance);
  YL_FIELD(StepResult, mean_iou);
  YL_FIELD(StepResult, recall50);
  YL_FIELD(StepResult, recall75);
  YL_FIELD(StepResult, objectness_on_matches);
  YL_FIELD(StepResult, objectness_elsewhere);
  YL_FIELD(StepResult, ignored);
  YL_FIELD(StepResult, match_count);
  YL_FIELD(StepResult, collisions);
  YL_FIELD(StepResult, non_finite_kind);
  YL_FIELD(StepResult, non_finite_layer);
  YL_FIELD(StepResult, non_finite_image);
  YL_FIELD(StepResult, non_finite_anchor);
  YL_FIELD(StepResult, non_finite_row);
  YL_FIELD(StepResult, non_finite_column);
  YL_FIELD(StepResult, non_finite_attribute);
  YL_FIELD(StepResult, reserved);
  YL_FIELD(StepResult, non_finite_value);
  YL_FIELD(StepResult, per_image);
  YL_FIELD(StepResult, matches);
  YL_FIELD(StepResult, states);
}

void enumerations(LayoutText& out) {
  YL_VALUE(BoxDecoding, kSigmoidExp);
  YL_VALUE(BoxDecoding, kSigmoidExpLimited);
  YL_VALUE(BoxDecoding, kYolov5);
  YL_VALUE(BoxDecoding, kDarknet);
  YL_VALUE(BoxDecoding, kDarknetNewCoords);
  YL_VALUE(AssignmentRule, kBestAnchorInCell);
  YL_VALUE(AssignmentRule, kBestShape);
  YL_VALUE(AssignmentRule, kShapeRatio);
  YL_VALUE(AssignmentRule, kBestPrediction);
  YL_VALUE(AssignmentRule, kShapeRatioWithNeighbours);
  YL_VALUE(Overlap, kIou);
  YL_VALUE(Overlap, kGiou);
  YL_VALUE(Overlap, kDiou);
  YL_VALUE(Overlap, kCiou);
  YL_VALUE(OverlapConvention, kPlain);
  YL_VALUE(OverlapConvention, kYolov5);
  YL_VALUE(OverlapConvention, kYolov5_0);
  YL_VALUE(OverlapConvention, kDarknet);
  YL_VALUE(IgnoreRule, kNobody);
  YL_VALUE(IgnoreRule, kIouAtLeast);
  YL_VALUE(IgnoreRule, kIouAbove);
  YL_VALUE(IgnoreRule, kIouAboveAndClass);
  YL_VALUE(EmptyImages, kCount);
  YL_VALUE(EmptyImages, kSkip);
  YL_VALUE(BoxKind, kSquaredErrorExp);
  YL_VALUE(BoxKind, kBceAndSquaredErrorExp);
  YL_VALUE(BoxKind, kBceAndSquaredErrorLog);
  YL_VALUE(BoxKind, kSquaredErrorCell);
  YL_VALUE(BoxKind, kSquaredErrorCellAndIou);
  YL_VALUE(BoxKind, kSquaredErrorDarknet);
  YL_VALUE(BoxKind, kOneMinusIou);
  YL_VALUE(BoxKind, kOneMinusGiou);
  YL_VALUE(BoxKind, kOneMinusDiou);
  YL_VALUE(BoxKind, kOneMinusCiou);
  YL_VALUE(GradientMode, kExact);
  YL_VALUE(GradientMode, kDarknet);
  YL_VALUE(ObjectnessKind, kSquaredError);
  YL_VALUE(ObjectnessKind, kSquaredWeightedError);
  YL_VALUE(ObjectnessKind, kBce);
  YL_VALUE(ObjectnessKind, kBceWeightedByRarity);
  YL_VALUE(ObjectnessKind, kDelta);
  YL_VALUE(ObjectnessTarget, kOne);
  YL_VALUE(ObjectnessTarget, kBestIou);
  YL_VALUE(ObjectnessTarget, kMatchIou);
  YL_VALUE(ClassKind, kBce);
  YL_VALUE(ClassKind, kSoftmaxCrossEntropy);
  YL_VALUE(ClassKind, kDelta);
  YL_VALUE(ClassKind, kFocalDelta);
  YL_VALUE(Collision, kLastWins);
  YL_VALUE(Collision, kUniteClasses);
  YL_VALUE(Collision, kAccumulate);
  YL_VALUE(Collision, kAverageBoxesUniteClasses);
  YL_VALUE(Collision, kAddDeltas);
  YL_VALUE(BceForm, kFromLogits);
  YL_VALUE(BceForm, kOfProbability);
  YL_VALUE(ReductionKind, kSum);
  YL_VALUE(ReductionKind, kSumOverBatch);
  YL_VALUE(ReductionKind, kHalvedSumOverBatch);
  YL_VALUE(ReductionKind, kRunningLayerMeans);
  YL_VALUE(ReductionKind, kLayerMeansTimesBatch);
  YL_VALUE(AnchorUnit, kPixels);
  YL_VALUE(AnchorUnit, kImage);
  YL_VALUE(ElementType, kF32);
  YL_VALUE(ElementType, kF16);
  YL_VALUE(ElementType, kBf16);
  YL_VALUE(ElementType, kF64);
  YL_VALUE(NonFinitePolicy, kThrow);
  YL_VALUE(NonFinitePolicy, kReport);
  YL_VALUE(NonFinitePolicy, kZero);
  YL_VALUE(StepMode, kLoss);
  YL_VALUE(StepMode, kAssign);
  YL_VALUE(StepMode, kSearchIgnored);
  YL_VALUE(NonFiniteKind, kPrediction);
  YL_VALUE(NonFiniteKind, kGradient);
  YL_VALUE(NonFiniteKind, kLoss);
  YL_VALUE(NonFiniteKind, kNone);
}

std::string describe() {
  LayoutText out;
  structures(out);
  enumerations(out);
  return out.text();
}

#undef YL_FIELD
#undef YL_VALUE

}  // namespace

const char* layout_text() {
  static const std::string text = describe();
  return text.c_str();
}

}  // namespace yololoss
