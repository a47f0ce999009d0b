// A loss as plain data, shared with Java: the answers of dev.yololoss.spec.LossSpec, one field each.
//
// Enumerators have the order of the Java constants of the same name. Sizes and offsets are compared by a test on both sides; the
// numbers are checked in Java before they come here.
#pragma once

#include <stdint.h>

namespace yololoss {

constexpr int kMaxHeads = 8;
constexpr int kMaxAnchorsPerHead = 16;
constexpr int kMaxPool = 64;

enum class BoxDecoding : int32_t { kSigmoidExp, kSigmoidExpLimited, kYolov5, kDarknet, kDarknetNewCoords };
enum class AssignmentRule : int32_t { kBestAnchorInCell, kBestShape, kShapeRatio, kBestPrediction, kShapeRatioWithNeighbours };
enum class Overlap : int32_t { kIou, kGiou, kDiou, kCiou };
enum class OverlapConvention : int32_t { kPlain, kYolov5, kYolov5_0, kDarknet };
enum class IgnoreRule : int32_t { kNobody, kIouAtLeast, kIouAbove, kIouAboveAndClass };
enum class EmptyImages : int32_t { kCount, kSkip };
enum class BoxKind : int32_t {
  kSquaredErrorExp,
  kBceAndSquaredErrorExp,
  kBceAndSquaredErrorLog,
  kSquaredErrorCell,
  kSquaredErrorCellAndIou,
  kSquaredErrorDarknet,
  kOneMinusIou,
  kOneMinusGiou,
  kOneMinusDiou,
  kOneMinusCiou
};
enum class GradientMode : int32_t { kExact, kDarknet };
enum class ObjectnessKind : int32_t { kSquaredError, kSquaredWeightedError, kBce, kBceWeightedByRarity, kDelta };
enum class ObjectnessTarget : int32_t { kOne, kBestIou, kMatchIou };
enum class ClassKind : int32_t { kBce, kSoftmaxCrossEntropy, kDelta, kFocalDelta };
enum class Collision : int32_t { kLastWins, kUniteClasses, kAccumulate, kAverageBoxesUniteClasses, kAddDeltas };
enum class BceForm : int32_t { kFromLogits, kOfProbability };
enum class ReductionKind : int32_t { kSum, kSumOverBatch, kHalvedSumOverBatch, kRunningLayerMeans, kLayerMeansTimesBatch };
enum class AnchorUnit : int32_t { kPixels, kImage };

struct HeadDescription {
  int32_t stride;
  int32_t anchor_count;
  int32_t anchors[kMaxAnchorsPerHead];  // indices into the pool
  double scale_xy;
};

struct AnchorDescription {
  double width;
  double height;
};

struct LossDescription {
  BoxDecoding decoding;
  AssignmentRule assignment_rule;
  Overlap extra_overlap;
  IgnoreRule ignore_rule;
  EmptyImages empty_images;
  BoxKind box_kind;
  OverlapConvention box_convention;
  GradientMode gradient_mode;
  ObjectnessKind objectness_kind;
  ObjectnessTarget objectness_target;
  int32_t sort_by_iou;
  int32_t smooth;
  ClassKind class_kind;
  Collision collision;
  BceForm bce;
  ReductionKind reduction;
  int32_t autobalance;
  int32_t balance_stride;
  int32_t balance_count;
  int32_t classes;
  int32_t head_count;
  int32_t pool_count;
  AnchorUnit anchor_unit;
  int32_t has_class_weights;
  double ratio_limit;
  double extra_iou;
  double ignore_threshold;
  double truth_threshold;
  double box_weight;
  double max_delta;
  double objectness_weight;
  double match_weight;
  double elsewhere_weight;
  double objectness_positive_weight;
  double iou_share;
  double class_weight;
  double class_positive_weight;
  double label_smoothing;
  double focal_gamma;
  HeadDescription heads[kMaxHeads];
  AnchorDescription pool[kMaxPool];
};

}  // namespace yololoss
