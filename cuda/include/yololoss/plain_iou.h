// Intersection over union, the measure of every decision: I / U with no eps, in double and without contraction of a*b+c.
//
// Boxes that do not overlap, empty boxes and boxes with a NaN or an area that overflows have IoU 0. Decisions compare the quotient
// itself: at exact ties I > t U would decide otherwise.
#pragma once

#include "box.h"

namespace yololoss {

YL_HOST_DEVICE double plain_iou(const Box& a, const Box& b) {
  const double width = min_of(a.right(), b.right()) - max_of(a.left(), b.left());
  const double height = min_of(a.bottom(), b.bottom()) - max_of(a.top(), b.top());
  if (!(width > 0 && height > 0)) return 0;
  const double intersection = width * height;
  const double area_sum = a.width * a.height + b.width * b.height;
  const double iou = intersection / (area_sum - intersection);
  return iou > 0 ? iou : 0;
}

}  // namespace yololoss
