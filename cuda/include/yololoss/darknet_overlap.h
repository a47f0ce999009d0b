// Overlaps of AlexeyAB/darknet (src/box.c, commit 59596d7): the values, and the direction that dx_box_iou gives, which is not their
// derivative.
//
// What differs from the derivative: intersections are signed (positive when the boxes are apart along both axes), ties give 0, sides
// are not halved, the distance part counts ends at half, and the aspect part has no 1 / (w^2 + h^2). When the boxes are apart GIoU is
// only its enclosing part, DIoU and CIoU only their distance part.
#pragma once

#include <math.h>

#include "box.h"
#include "loss_description.h"
#include "yolov5_overlap.h"

namespace yololoss {

constexpr double kDarknetAlphaEps = 0.000001;

YL_HOST_DEVICE double darknet_overlap(Overlap kind, const Box& a, const Box& b) {
  const double inner_width = min_of(a.right(), b.right()) - max_of(a.left(), b.left());
  const double inner_height = min_of(a.bottom(), b.bottom()) - max_of(a.top(), b.top());
  const double intersection = inner_width < 0 || inner_height < 0 ? 0 : inner_width * inner_height;
  const double area_sum = a.width * a.height + b.width * b.height;
  const double u = area_sum - intersection;
  const double iou = intersection == 0 || u == 0 ? 0 : intersection / u;
  if (kind == Overlap::kIou) return iou;
  const double width = max_of(a.right(), b.right()) - min_of(a.left(), b.left());
  const double height = max_of(a.bottom(), b.bottom()) - min_of(a.top(), b.top());
  if (kind == Overlap::kGiou) {
    const double area = width * height;
    return area == 0 ? iou : iou - (area - u) / area;
  }
  const double diagonal = width * width + height * height;
  if (diagonal == 0) return iou;
  const double dx = a.x - b.x, dy = a.y - b.y;
  const double distance = (dx * dx + dy * dy) / diagonal;
  if (kind == Overlap::kDiou) return iou - pow(distance, 0.6);
  const double difference = atan(b.width / b.height) - atan(a.width / a.height);
  const double v = kAspect * difference * difference;
  return iou - (distance + v / (1 - iou + v + kDarknetAlphaEps) * v);
}

// (dx, dy, dw, dh) of dx_box_iou for the predicted box p and the target t.
YL_HOST_DEVICE void darknet_direction(Overlap kind, const Box& p, const Box& t, double direction[4]) {
  const double area = (p.bottom() - p.top()) * (p.right() - p.left());
  const double target_area = (t.bottom() - t.top()) * (t.right() - t.left());
  const double inner_height = min_of(p.bottom(), t.bottom()) - max_of(p.top(), t.top());
  const double inner_width = min_of(p.right(), t.right()) - max_of(p.left(), t.left());
  const double intersection = inner_width * inner_height;
  const double u = area + target_area - intersection;
  const double outer_width = max_of(p.right(), t.right()) - min_of(p.left(), t.left());
  const double outer_height = max_of(p.bottom(), t.bottom()) - min_of(p.top(), t.top());
  const bool apart = inner_width <= 0 || inner_height <= 0;
  const double d_intersection[4] = {p.top() > t.top() ? -inner_width : 0, p.bottom() < t.bottom() ? inner_width : 0,
                                    p.left() > t.left() ? -inner_height : 0, p.right() < t.right() ? inner_height : 0};
  const double d_area[4] = {-(p.right() - p.left()), p.right() - p.left(), -(p.bottom() - p.top()), p.bottom() - p.top()};
  double d_union[4], ends[4];  // top, bottom, left, right
  for (int i = 0; i < 4; ++i) d_union[i] = d_area[i] - d_intersection[i];
  for (int i = 0; i < 4; ++i) ends[i] = u > 0 ? (d_intersection[i] * u - d_union[i] * intersection) * (1 / (u * u)) : 0;
  // a box that has lost a side moves as a whole
  if (!(p.top() < p.bottom())) ends[0] = ends[1];
  if (!(p.left() < p.right())) ends[2] = ends[3];
  if (kind == Overlap::kGiou) {
    const double outer = outer_width * outer_height;
    const double d_outer[4] = {p.top() < t.top() ? -outer_width : 0, p.bottom() > t.bottom() ? outer_width : 0,
                               p.left() < t.left() ? -outer_height : 0, p.right() > t.right() ? outer_height : 0};
    for (int i = 0; i < 4; ++i) {
      const double enclosing = (d_union[i] * outer - d_outer[i] * u) * (1 / (outer * outer));
      ends[i] = apart ? enclosing : outer > 0 ? ends[i] + enclosing : ends[i];
    }
  }
  direction[0] = ends[2] + ends[3];
  direction[1] = ends[0] + ends[1];
  direction[2] = ends[3] - ends[2];
  direction[3] = ends[1] - ends[0];
  if (kind != Overlap::kDiou && kind != Overlap::kCiou) return;

  const double dx = t.x - p.x, dy = t.y - p.y;
  const double distance = dx * dx + dy * dy;
  const double diagonal = outer_width * outer_width + outer_height * outer_height;
  const double by_right = p.right() > t.right() ? 1 : 0, by_left = p.left() < t.left() ? 1 : 0;
  const double by_bottom = p.bottom() > t.bottom() ? 1 : 0, by_top = p.top() < t.top() ? 1 : 0;
  const double square = diagonal * diagonal;
  double e[4] = {(2 * dx * diagonal - 2 * outer_width * (by_right - by_left) * distance) / square,
                 (2 * dy * diagonal - 2 * outer_height * (by_bottom - by_top) * distance) / square,
                 2 * outer_width * (by_right + by_left) / 2 * distance / square,
                 2 * outer_height * (by_bottom + by_top) / 2 * distance / square};
  if (kind == Overlap::kCiou) {
    const double difference = atan(t.width / t.height) - atan(p.width / p.height);
    const double v = kAspect * difference * difference;
    const double alpha = v / (1 - intersection / u + v + kDarknetAlphaEps);
    e[2] += alpha * 2 * kAspect * difference * p.height;
    e[3] -= alpha * 2 * kAspect * difference * p.width;
  }
  for (int i = 0; i < 4; ++i) direction[i] = apart ? e[i] : diagonal > 0 ? direction[i] + e[i] : direction[i];
}

}  // namespace yololoss
