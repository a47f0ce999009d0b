// Who is responsible for a target: the rules that look at shapes, one target and one head at a time.
//
// All in double and without contraction, so that every backend decides alike.
#pragma once

#include <math.h>

#include "darknet_overlap.h"
#include "grid.h"
#include "plain_iou.h"

namespace yololoss {

// The first anchor of the pool with the largest IoU, centred in the target's cell (row, column), with the target at its place.
YL_HOST_DEVICE int32_t best_anchor_in_cell(const LossDescription& loss, const Grid& grid, const AnchorDescription* pool, const Box& target,
                                           int32_t row, int32_t column) {
  int32_t best = 0;
  double largest = -1;
  for (int32_t n = 0; n < loss.pool_count; ++n) {
    const Box anchor = grid.shape(pool[n].width, pool[n].height).moved_by(column + 0.5, row + 0.5);
    const double iou = plain_iou(anchor, target);
    if (iou > largest) {
      largest = iou;
      best = n;
    }
  }
  return best;
}

// The first anchor of the pool with the largest IoU of shapes.
YL_HOST_DEVICE int32_t best_shape(const LossDescription& loss, const Grid& grid, const AnchorDescription* pool, const Box& target) {
  const Box shape{0, 0, target.width, target.height};
  int32_t best = 0;
  double largest = -1;
  for (int32_t n = 0; n < loss.pool_count; ++n) {
    const double iou = plain_iou(grid.shape(pool[n].width, pool[n].height), shape);
    if (iou > largest) {
      largest = iou;
      best = n;
    }
  }
  return best;
}

// darknet's iou_thresh: whether an anchor that is not the best is responsible too.
YL_HOST_DEVICE bool is_extra_shape(const LossDescription& loss, const Grid& grid, const AnchorDescription& anchor, const Box& target) {
  const Box shape{0, 0, target.width, target.height};
  return darknet_overlap(loss.extra_overlap, grid.shape(anchor.width, anchor.height), shape) > loss.extra_iou;
}

// The first anchor of the head with the smallest |w/aw - 1| + |h/ah - 1|, or -1 if that is not below the limit.
YL_HOST_DEVICE int32_t nearest_ratio(const LossDescription& loss, const Grid& grid, const Box& target) {
  int32_t best = -1;
  double smallest = kInfinity;
  for (int32_t a = 0; a < grid.anchors; ++a) {
    const Box shape = grid.anchor_shape(a);
    const double distance = fabs(target.width / shape.width - 1) + fabs(target.height / shape.height - 1);
    if (distance < smallest) {
      smallest = distance;
      best = a;
    }
  }
  return smallest < loss.ratio_limit ? best : -1;
}

// yolov5: max(w/aw, aw/w, h/ah, ah/h) below the limit.
YL_HOST_DEVICE bool within_ratio(const LossDescription& loss, const Box& target, const Box& anchor) {
  const double rw = target.width / anchor.width, rh = target.height / anchor.height;
  return max_of(max_of(rw, 1 / rw), max_of(rh, 1 / rh)) < loss.ratio_limit;
}

// Whether a distance from the border ends in the nearer half of a cell that is not the first.
YL_HOST_DEVICE bool low_half(double distance) { return fmod(distance, 1.0) < 0.5 && distance > 1; }

constexpr int kNeighbours = 5;

// yolov5's cells of a target: 0 its own, 1 left, 2 above, 3 right, 4 below, each taken only when it is the nearer one.
YL_HOST_DEVICE bool takes_neighbour(int neighbour, const Box& target, const Grid& grid) {
  switch (neighbour) {
    case 1:
      return low_half(target.x);
    case 2:
      return low_half(target.y);
    case 3:
      return low_half(grid.width - target.x);
    case 4:
      return low_half(grid.height - target.y);
    default:
      return true;
  }
}

YL_HOST_DEVICE int32_t clamp_cell(int32_t value, int32_t most) { return value < 0 ? 0 : value > most ? most : value; }

YL_HOST_DEVICE int32_t neighbour_column(int neighbour, const Box& target, const Grid& grid) {
  const double dx = neighbour == 1 ? 0.5 : neighbour == 3 ? -0.5 : 0;
  return clamp_cell(static_cast<int32_t>(target.x - dx), grid.width - 1);
}

YL_HOST_DEVICE int32_t neighbour_row(int neighbour, const Box& target, const Grid& grid) {
  const double dy = neighbour == 2 ? 0.5 : neighbour == 4 ? -0.5 : 0;
  return clamp_cell(static_cast<int32_t>(target.y - dy), grid.height - 1);
}

// The target as its cell sees it.
YL_HOST_DEVICE Box truth_in_cell(const LossDescription& loss, const Grid& grid, const Box& target, int32_t row, int32_t column) {
  if (grid.in_image_units) return target;
  // the YOLOv3-from-scratch series subtracts the unclamped cell: a centre at 1 is at 0 of the last cell
  if (loss.decoding == BoxDecoding::kSigmoidExpLimited) {
    return {target.x - floor(target.x), target.y - floor(target.y), target.width, target.height};
  }
  return target.moved_by(-column, -row);
}

}  // namespace yololoss
