// darknet's deltas for one target and one slot (delta_yolo_box, delta_yolo_class, commit 59596d7).
#pragma once

#include <math.h>

#include "darknet_overlap.h"
#include "decode_box.h"

namespace yololoss {

// What x, y (in cells) and the raw w, h should be.
YL_HOST_DEVICE void darknet_asked(const LossDescription& loss, const Grid& grid, const SlotPlace& place, const Box& truth,
                                  double asked[4]) {
  const Box anchor = grid.anchor_shape(place.anchor);
  asked[0] = truth.x * grid.width - place.column;
  asked[1] = truth.y * grid.height - place.row;
  if (loss.decoding == BoxDecoding::kDarknetNewCoords) {
    asked[2] = sqrt(truth.width / (4 * anchor.width));
    asked[3] = sqrt(truth.height / (4 * anchor.height));
  } else {
    asked[2] = log(truth.width / anchor.width);
    asked[3] = log(truth.height / anchor.height);
  }
}

// The box delta, iou_normalizer included, not yet clipped; an overlap's delta that is not finite is 0.
YL_HOST_DEVICE void darknet_box_delta(const LossDescription& loss, const Grid& grid, const SlotPlace& place, const double raw[4],
                                      const DecodedBox& decoded, const Box& truth, double delta[4]) {
  if (loss.box_kind == BoxKind::kSquaredErrorDarknet) {
    double asked[4];
    darknet_asked(loss, grid, place, truth, asked);
    const double factor = (2 - truth.width * truth.height) * loss.box_weight;
    delta[0] = factor * (asked[0] - decoded.offset.x);
    delta[1] = factor * (asked[1] - decoded.offset.y);
    delta[2] = factor * (asked[2] - raw[2]);
    delta[3] = factor * (asked[3] - raw[3]);
    return;
  }
  Box predicted = decoded.box;
  if (predicted.width == 0) predicted.width = 1;
  if (predicted.height == 0) predicted.height = 1;
  const Overlap kind = static_cast<Overlap>(static_cast<int32_t>(loss.box_kind) - static_cast<int32_t>(BoxKind::kOneMinusIou));
  darknet_direction(kind, predicted, truth, delta);
  if (loss.decoding == BoxDecoding::kDarknet) {
    delta[2] *= exp(raw[2]);
    delta[3] *= exp(raw[3]);
  }
  for (int i = 0; i < 4; ++i) {
    delta[i] *= loss.box_weight;
    if (!isfinite(delta[i])) delta[i] = 0;
  }
}

YL_HOST_DEVICE double darknet_smoothed(double y, double eps) { return y * (1 - eps) + 0.5 * eps; }

// The class deltas of one target, written over those of earlier ones: the first target of a slot writes all classes; a later one finds
// a delta other than 0 at its class and writes only that. A probability of exactly 0 or 1 leaves a delta of 0, which is then taken for
// one that was never written.
YL_HOST_DEVICE void darknet_class_delta(const LossDescription& loss, const double* p, int32_t category, double* delta) {
  const double eps = loss.label_smoothing;
  if (delta[category] != 0) {
    delta[category] = darknet_smoothed(1, eps) - p[category];
    return;
  }
  if (loss.class_kind == ClassKind::kFocalDelta) {
    const double pt = p[category] + static_cast<double>(1e-15f);
    const double focal = -(1 - pt) * (2 * pt * log(pt) + pt - 1);
    for (int32_t c = 0; c < loss.classes; ++c) delta[c] = ((c == category ? 1 : 0) - p[c]) * 0.5 * focal;
    return;
  }
  for (int32_t c = 0; c < loss.classes; ++c) delta[c] = darknet_smoothed(c == category ? 1 : 0, eps) - p[c];
}

}  // namespace yololoss
