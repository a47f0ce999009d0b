// Overlaps of ultralytics/yolov5 (v7.0 utils/metrics.py bbox_iou, commit 915bbf2; v5.0 utils/general.py, commit f5b8f7d) with the
// derivative that torch's autograd gives by x, y, width and height of the first box.
//
//   I = max(0, iw) max(0, ih),  U = w1 h1 + w2 h2 - I + eps,  IoU = I / U
//   GIoU = IoU - (Cw Ch + eps - U) / (Cw Ch + eps)
//   DIoU = IoU - rho2 / c2,  c2 = Cw^2 + Ch^2 + eps
//   CIoU = DIoU - v alpha,  v = 4/pi^2 (atan(w2/h2) - atan(w1/h1))^2,  alpha = v / (v - IoU + 1 + eps), a constant
//
// Sub-gradients: the winner of max and min takes all, half to each side at a tie; a clamp passes at its bounds. v5.0 adds eps to both
// heights, in the areas and in the angle.
#pragma once

#include <math.h>

#include "box.h"
#include "loss_description.h"

namespace yololoss {

constexpr double kYolov5Eps = 1e-7;
constexpr double kAspect = 0.40528473456935108577;  // 4 / pi^2

struct OverlapValue {
  double value;
  double slope[4];
};

// Along one axis: the overlap and the enclosing length, each with the derivative by the first box's centre and side.
struct OverlapAxis {
  double inner, inner_by_centre, inner_by_side, outer, outer_by_centre, outer_by_side;
};

// The derivative of min(p, q) by p.
YL_HOST_DEVICE double winner(double p, double q) { return p < q ? 1 : p == q ? 0.5 : 0; }

YL_HOST_DEVICE OverlapAxis overlap_axis(double centre, double side, double other_centre, double other_side) {
  const double low = centre - side / 2, high = centre + side / 2;
  const double other_low = other_centre - other_side / 2, other_high = other_centre + other_side / 2;
  const double raw = min_of(high, other_high) - max_of(low, other_low);
  const double passes = raw >= 0 ? 1 : 0;
  const double inner_by_high = passes * winner(high, other_high), inner_by_low = -passes * winner(other_low, low);
  const double outer_by_high = winner(other_high, high), outer_by_low = -winner(low, other_low);
  return {max_of(raw, 0),
          inner_by_low + inner_by_high,
          (inner_by_high - inner_by_low) / 2,
          max_of(high, other_high) - min_of(low, other_low),
          outer_by_low + outer_by_high,
          (outer_by_high - outer_by_low) / 2};
}

// eps goes to unions, areas and diagonals (0 for a plain IoU), height_eps to both heights.
YL_HOST_DEVICE OverlapValue yolov5_overlap(Overlap kind, const Box& a, const Box& b, double eps, double height_eps) {
  const OverlapAxis x = overlap_axis(a.x, a.width, b.x, b.width);
  const OverlapAxis y = overlap_axis(a.y, a.height, b.y, b.height);
  const double height = a.height + height_eps, other_height = b.height + height_eps;
  const double intersection = x.inner * y.inner;
  const double u = a.width * height + b.width * other_height - intersection + eps;
  const double iou = intersection / u;
  const double d_intersection[4] = {y.inner * x.inner_by_centre, x.inner * y.inner_by_centre, y.inner * x.inner_by_side,
                                    x.inner * y.inner_by_side};
  const double d_union[4] = {-d_intersection[0], -d_intersection[1], height - d_intersection[2], a.width - d_intersection[3]};
  OverlapValue result{iou, {}};
  for (int i = 0; i < 4; ++i) result.slope[i] = (d_intersection[i] * u - intersection * d_union[i]) / (u * u);
  if (kind == Overlap::kIou) return result;
  if (kind == Overlap::kGiou) {
    const double area = x.outer * y.outer + eps;
    const double d_area[4] = {y.outer * x.outer_by_centre, x.outer * y.outer_by_centre, y.outer * x.outer_by_side,
                              x.outer * y.outer_by_side};
    for (int i = 0; i < 4; ++i) result.slope[i] += (d_union[i] * area - u * d_area[i]) / (area * area);
    result.value = iou - (area - u) / area;
    return result;
  }
  const double diagonal = x.outer * x.outer + y.outer * y.outer + eps;
  const double dx = a.x - b.x, dy = a.y - b.y;
  const double distance = dx * dx + dy * dy;
  const double d_diagonal[4] = {2 * x.outer * x.outer_by_centre, 2 * y.outer * y.outer_by_centre, 2 * x.outer * x.outer_by_side,
                                2 * y.outer * y.outer_by_side};
  const double d_distance[4] = {2 * dx, 2 * dy, 0, 0};
  for (int i = 0; i < 4; ++i) result.slope[i] -= d_distance[i] / diagonal - distance * d_diagonal[i] / (diagonal * diagonal);
  result.value = iou - distance / diagonal;
  if (kind == Overlap::kDiou) return result;

  const double difference = atan(b.width / other_height) - atan(a.width / height);
  const double v = kAspect * difference * difference;
  const double alpha = v / (v - iou + 1 + eps);
  // h / (w^2 + h^2), scaled by the longer side so that nothing under- or overflows; without a height the original divides 0 by 0
  const double longer = max_of(a.width, height);
  const double ratio_w = a.width / longer, ratio_h = height / longer;
  const double norm = (ratio_w * ratio_w + ratio_h * ratio_h) * longer;
  result.slope[2] += alpha * 2 * kAspect * difference * (height == 0 ? static_cast<double>(NAN) : ratio_h / norm);
  result.slope[3] -= alpha * 2 * kAspect * difference * (height == 0 ? static_cast<double>(NAN) : ratio_w / norm);
  result.value -= v * alpha;
  return result;
}

}  // namespace yololoss
