// What one match pays for its box before weights and reduction, and the derivatives by the four raw outputs (BoxTerm.Kind in Java).
#pragma once

#include <math.h>

#include "darknet_rules.h"
#include "decode_box.h"
#include "yolov5_overlap.h"

namespace yololoss {

struct BoxLoss {
  double xy, wh, overlap;   // centre error, size error, 1 - overlap
  double error_slope[4];    // of xy by x, y and of wh by w, h
  double overlap_slope[4];  // of overlap
};

YL_HOST_DEVICE Overlap overlap_of(BoxKind kind) {
  switch (kind) {
    case BoxKind::kOneMinusGiou:
      return Overlap::kGiou;
    case BoxKind::kOneMinusDiou:
      return Overlap::kDiou;
    case BoxKind::kOneMinusCiou:
      return Overlap::kCiou;
    default:
      return Overlap::kIou;
  }
}

// The overlap that the box term is 1 minus of, and that MATCH_IOU asks of the objectness.
YL_HOST_DEVICE OverlapValue box_overlap(const LossDescription& loss, const Box& predicted, const Box& truth) {
  const double eps = loss.box_convention == OverlapConvention::kPlain ? 0 : kYolov5Eps;
  const double height_eps = loss.box_convention == OverlapConvention::kYolov5_0 ? kYolov5Eps : 0;
  return yolov5_overlap(overlap_of(loss.box_kind), predicted, truth, eps, height_eps);
}

YL_HOST_DEVICE void add_overlap_loss(const LossDescription& loss, const Grid& grid, const DecodedBox& decoded, const Box& truth,
                                     BoxLoss* result) {
  const OverlapValue overlap = box_overlap(loss, match_frame(grid, decoded), truth);
  result->overlap = 1 - overlap.value;
  for (int i = 0; i < 4; ++i) result->overlap_slope[i] = -overlap.slope[i] * decoded.slope[i];
}

YL_HOST_DEVICE BoxLoss box_loss(const LossDescription& loss, const Grid& grid, const SlotPlace& place, const double raw[4],
                                const DecodedBox& decoded, const Box& truth) {
  BoxLoss r{0, 0, 0, {}, {}};
  const Box anchor = grid.anchor_shape(place.anchor);
  const double ratio[2] = {truth.width / anchor.width, truth.height / anchor.height};
  switch (loss.box_kind) {
    case BoxKind::kSquaredErrorExp: {
      const double asked[4] = {truth.x, truth.y, ratio[0], ratio[1]};
      for (int i = 0; i < 4; ++i) {
        const double value = i < 2 ? sigmoid(raw[i]) : exp(raw[i]);
        const double error = value - asked[i];
        (i < 2 ? r.xy : r.wh) += error * error;
        r.error_slope[i] = 2 * error * (i < 2 ? sigmoid_slope(raw[i]) : value);
      }
      return r;
    }
    case BoxKind::kBceAndSquaredErrorExp:
    case BoxKind::kBceAndSquaredErrorLog: {
      const bool in_log = loss.box_kind == BoxKind::kBceAndSquaredErrorLog;
      // the originals take the square root of this, so beyond twice the image there is nothing to weigh
      const double small = max_of(0, 2 - truth.width * truth.height / grid.width / grid.height);
      const double centre[2] = {truth.x, truth.y};
      for (int i = 0; i < 2; ++i) {
        const ValueAndSlope<double> term = bce(loss.bce, raw[i], centre[i], 1);
        r.xy += small * term.value;
        r.error_slope[i] = small * term.slope;
      }
      for (int i = 2; i < 4; ++i) {
        const double value = in_log ? raw[i] : exp(raw[i]);
        const double error = value - (in_log ? log(ratio[i - 2] + 1e-16) : ratio[i - 2]);
        r.wh += small * (error * error);
        r.error_slope[i] = small * (2 * error * (in_log ? 1 : value));
      }
      return r;
    }
    case BoxKind::kSquaredErrorCell:
    case BoxKind::kSquaredErrorCellAndIou: {
      const double error[4] = {decoded.offset.x - truth.x, decoded.offset.y - truth.y, decoded.offset.width - truth.width,
                               decoded.offset.height - truth.height};
      for (int i = 0; i < 4; ++i) {
        (i < 2 ? r.xy : r.wh) += error[i] * error[i];
        r.error_slope[i] = 2 * error[i] * decoded.slope[i];
      }
      if (loss.box_kind == BoxKind::kSquaredErrorCellAndIou) add_overlap_loss(loss, grid, decoded, truth, &r);
      return r;
    }
    case BoxKind::kSquaredErrorDarknet: {
      double asked[4];
      darknet_asked(loss, grid, place, truth, asked);
      const double small = 2 - truth.width * truth.height;
      const double value[4] = {decoded.offset.x, decoded.offset.y, raw[2], raw[3]};
      const double inner[4] = {decoded.slope[0] * grid.width, decoded.slope[1] * grid.height, 1, 1};
      for (int i = 0; i < 4; ++i) {
        const double error = value[i] - asked[i];
        (i < 2 ? r.xy : r.wh) += small * (error * error);
        r.error_slope[i] = small * 2 * error * inner[i];
      }
      return r;
    }
    case BoxKind::kOneMinusIou:
    case BoxKind::kOneMinusGiou:
    case BoxKind::kOneMinusDiou:
    case BoxKind::kOneMinusCiou:
      add_overlap_loss(loss, grid, decoded, truth, &r);
      return r;
  }
  return r;  // unreachable: every kind has returned
}

}  // namespace yololoss
