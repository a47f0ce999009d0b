/* What Java hands over for one step and what it gets back, as plain data. Layouts are compared by a test on both sides. */
#pragma once

#include "loss_description.h"

YL_NAMESPACE_BEGIN

YL_ENUM(ElementType, kF32, kF16, kBf16, kF64);
YL_ENUM(NonFinitePolicy, kThrow, kReport, kZero);
YL_ENUM(StepMode, kLoss, kAssign, kSearchIgnored);
YL_ENUM(NonFiniteKind, kPrediction, kGradient, kLoss, kNone);

/* Distances of neighbours along each dimension, in elements. */
typedef struct TensorView {
  ElementType type;
  int32_t height;
  int32_t width;
  int32_t reserved;
  int64_t image_stride;
  int64_t anchor_stride;
  int64_t attribute_stride;
  int64_t row_stride;
  int64_t column_stride;
} TensorView;

/* A contiguous run of elements. */
typedef struct Elements {
  ElementType type;
  int32_t reserved;
  void* data;
} Elements;

typedef struct Target {
  int32_t image;
  int32_t category;
  double cx, cy, w, h;
} Target;

typedef struct StepRequest {
  StepMode mode;
  int32_t images;
  int32_t target_count;
  int32_t has_gradients;
  int32_t keeps_gradients; /* the buffers are those of the last such step, untouched since */
  NonFinitePolicy non_finite;
  double gradient_scale;
  double balance[kMaxHeads];
  TensorView predictions[kMaxHeads];
  TensorView gradients[kMaxHeads];
} StepRequest;

typedef struct Parts {
  double box, objectness, classification;
} Parts;

typedef struct RawSums {
  double xy, wh, overlap, objectness_on_matches, objectness_elsewhere, classification;
} RawSums;

typedef struct DeltaTally {
  double iou, iou_loss, giou_loss;
  int64_t matches, boxes, rewritten_boxes;
  double box_squares, objectness_squares, class_squares;
} DeltaTally;

typedef struct MatchRow {
  int32_t target, layer, image, anchor, row, column, replaced, reserved;
  double iou, box_loss, objectness_loss, class_loss;
} MatchRow;

typedef struct StepResult {
  Parts total;
  Parts per_layer[kMaxHeads];
  RawSums raw_sums[kMaxHeads];
  DeltaTally tallies[kMaxHeads];
  double next_balance[kMaxHeads];
  double mean_iou, recall50, recall75, objectness_on_matches, objectness_elsewhere;
  int64_t ignored;
  int32_t match_count;
  int32_t collisions;
  NonFiniteKind non_finite_kind;
  int32_t non_finite_layer, non_finite_image, non_finite_anchor, non_finite_row, non_finite_column, non_finite_attribute, reserved;
  double non_finite_value;
  const Parts* per_image;           /* [images], the engine's until its next step */
  const MatchRow* matches;          /* [match_count], likewise */
  const uint8_t* states[kMaxHeads]; /* [slots], likewise: 0 free, 1 ignored, 2 matched */
} StepResult;

YL_NAMESPACE_END
