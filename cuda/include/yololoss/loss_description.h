/* A loss as plain data, shared with Java: the answers of dev.yololoss.spec.LossSpec, one field each.
 *
 * Enumerators have the order of the Java constants of the same name. Sizes and offsets are compared by a test on both sides; the
 * numbers are checked in Java before they come here. */
#pragma once

#include "plain_data.h"

YL_NAMESPACE_BEGIN

YL_CONSTANT(kMaxHeads, 8);
YL_CONSTANT(kMaxAnchorsPerHead, 16);
YL_CONSTANT(kMaxPool, 64);

YL_ENUM(BoxDecoding, kSigmoidExp, kSigmoidExpLimited, kYolov5, kDarknet, kDarknetNewCoords);
YL_ENUM(AssignmentRule, kBestAnchorInCell, kBestShape, kShapeRatio, kBestPrediction, kShapeRatioWithNeighbours);
YL_ENUM(Overlap, kIou, kGiou, kDiou, kCiou);
YL_ENUM(OverlapConvention, kPlain, kYolov5, kYolov5_0, kDarknet);
YL_ENUM(IgnoreRule, kNobody, kIouAtLeast, kIouAbove, kIouAboveAndClass);
YL_ENUM(EmptyImages, kCount, kSkip);
YL_ENUM(BoxKind, kSquaredErrorExp, kBceAndSquaredErrorExp, kBceAndSquaredErrorLog, kSquaredErrorCell, kSquaredErrorCellAndIou,
        kSquaredErrorDarknet, kOneMinusIou, kOneMinusGiou, kOneMinusDiou, kOneMinusCiou);
YL_ENUM(GradientMode, kExact, kDarknet);
YL_ENUM(ObjectnessKind, kSquaredError, kSquaredWeightedError, kBce, kBceWeightedByRarity, kDelta);
YL_ENUM(ObjectnessTarget, kOne, kBestIou, kMatchIou);
YL_ENUM(ClassKind, kBce, kSoftmaxCrossEntropy, kDelta, kFocalDelta);
YL_ENUM(Collision, kLastWins, kUniteClasses, kAccumulate, kAverageBoxesUniteClasses, kAddDeltas);
YL_ENUM(BceForm, kFromLogits, kOfProbability);
YL_ENUM(ReductionKind, kSum, kSumOverBatch, kHalvedSumOverBatch, kRunningLayerMeans, kLayerMeansTimesBatch);
YL_ENUM(AnchorUnit, kPixels, kImage);

typedef struct HeadDescription {
  int32_t stride;
  int32_t anchor_count;
  int32_t anchors[kMaxAnchorsPerHead]; /* indices into the pool */
  double scale_xy;
} HeadDescription;

typedef struct AnchorDescription {
  double width;
  double height;
} AnchorDescription;

typedef struct LossDescription {
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
} LossDescription;

YL_NAMESPACE_END
