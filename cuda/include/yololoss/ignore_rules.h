// Who is ignored: what an IoU must be, and how far a box that has it can be from a target.
#pragma once

#include "box.h"
#include "grid.h"
#include "loss_description.h"

namespace yololoss {

// darknet's limit for "any class probability".
constexpr double kClassProbability = 0.25;

YL_HOST_DEVICE double lowest_threshold(const LossDescription& loss) {
  return loss.ignore_threshold < loss.truth_threshold ? loss.ignore_threshold : loss.truth_threshold;
}

// The IoU from which on a slot has to be looked at.
YL_HOST_DEVICE double search_threshold(const LossDescription& loss) {
  return loss.ignore_rule == IgnoreRule::kIouAtLeast ? loss.ignore_threshold : lowest_threshold(loss);
}

YL_HOST_DEVICE bool is_candidate(const LossDescription& loss, double iou) {
  return loss.ignore_rule == IgnoreRule::kIouAtLeast ? iou >= loss.ignore_threshold : iou > lowest_threshold(loss);
}

// How far the centre of a box with IoU of at least t can be from that of a target, in sides of the target. Along each axis the
// overlap is at least t times the longer side, and at most half the sum of the sides minus the distance.
YL_HOST_DEVICE double reach_of(double t) {
  if (t <= 0) return kInfinity;
  return t >= 0.5 ? 1 - t : 0.5 / t - 0.5;
}

// How far, in cells, a centre can lie outside its own cell; new_coords are not bound to 0..1.
YL_HOST_DEVICE double overhang_of(const LossDescription& loss, const Grid& grid) {
  const double scale = grid.in_image_units ? grid.scale_xy : 1;
  return loss.decoding == BoxDecoding::kDarknetNewCoords ? kInfinity : 0.5 * (scale - 1) + 1e-3;
}

// The cells whose boxes may overlap a target by more than the threshold: columns left..right - 1 of rows top..bottom - 1.
struct Reach {
  int32_t left, right, top, bottom;
};

YL_HOST_DEVICE int32_t cell_from(double position, int32_t size) {
  return position > 0 ? static_cast<int32_t>(position < size ? position : size) : 0;
}

YL_HOST_DEVICE int32_t cell_to(double position, int32_t size) {
  return position < 0 ? 0 : position < size ? static_cast<int32_t>(position) + 1 : size;
}

// x, y, w, h: the target in cells.
YL_HOST_DEVICE Reach reach_in_grid(double threshold, double overhang, const Grid& grid, double x, double y, double w, double h) {
  const double reach = reach_of(threshold);
  return {cell_from(x - reach * w - overhang - 1, grid.width), cell_to(x + reach * w + overhang, grid.width),
          cell_from(y - reach * h - overhang - 1, grid.height), cell_to(y + reach * h + overhang, grid.height)};
}

// A float IoU within this of the threshold is decided in double.
constexpr float kUnsureIou = 1e-3f;

// Whether rounding cannot move a float IoU by as much as that: where the product of threshold and side, in cells, is not too small.
// new_coords may put a centre many cells away from its own, which costs a float digits.
YL_HOST_DEVICE bool float_decides(const LossDescription& loss, const Grid& grid, double threshold, double w, double h) {
  const double longer = grid.width > grid.height ? grid.width : grid.height;
  const bool bound = loss.decoding != BoxDecoding::kDarknetNewCoords;
  const double smallest = bound || longer <= 64 ? 0.01 : 0.01 * longer / 64;
  return threshold * (w < h ? w : h) >= smallest;
}

}  // namespace yololoss
