// How four raw outputs of a slot become a box. s sigmoid, (i, j) column and row, (aw, ah) anchor.
//
//   SIGMOID_EXP          (s(x) + i, s(y) + j, aw e^w, ah e^h) in cells
//   SIGMOID_EXP_LIMITED  the same, width and height at most the longer side of the grid
//   YOLOV5               (2 s(x) - 0.5 + i, 2 s(y) - 0.5 + j, aw (2 s(w))^2, ah (2 s(h))^2) in cells
//   DARKNET              SIGMOID_EXP with scale_x_y, in fractions of the image
//   DARKNET_NEW_COORDS   inputs are probabilities: (2 w)^2 aw, (2 h)^2 ah, in fractions of the image
#pragma once

#include <math.h>

#include "grid.h"
#include "sigmoid_bce.h"

namespace yololoss {

struct DecodedBox {
  Box offset;       // centre in cells from the cell's corner, sides in the unit of the boxes
  Box box;          // in the unit of the boxes
  double slope[4];  // derivative of the box's x, y, width, height by the raw output of the same name
};

YL_HOST_DEVICE DecodedBox decode_box(BoxDecoding decoding, const Grid& grid, const SlotPlace& place, const double raw[4]) {
  const double x = raw[0], y = raw[1], w = raw[2], h = raw[3];
  const int32_t i = place.column, j = place.row, a = place.anchor;
  const Box anchor = grid.anchor_shape(a);
  DecodedBox d;
  const bool activated = decoding == BoxDecoding::kDarknetNewCoords;
  const ValueAndSlope<double> sx = activated ? ValueAndSlope<double>{x, 1} : sigmoid_and_slope(x);
  const ValueAndSlope<double> sy = activated ? ValueAndSlope<double>{y, 1} : sigmoid_and_slope(y);
  switch (decoding) {
    case BoxDecoding::kSigmoidExp:
      d.offset = {sx.value, sy.value, exp(w) * anchor.width, exp(h) * anchor.height};
      d.slope[0] = sx.slope;
      d.slope[1] = sy.slope;
      d.slope[2] = d.offset.width;
      d.slope[3] = d.offset.height;
      break;
    case BoxDecoding::kSigmoidExpLimited: {
      const double most = grid.width > grid.height ? grid.width : grid.height;
      const double width = exp(w) * anchor.width, height = exp(h) * anchor.height;
      d.offset = {sx.value, sy.value, min_of(width, most), min_of(height, most)};
      d.slope[0] = sx.slope;
      d.slope[1] = sy.slope;
      d.slope[2] = width <= most ? width : 0;
      d.slope[3] = height <= most ? height : 0;
      break;
    }
    case BoxDecoding::kYolov5: {
      const ValueAndSlope<double> sw = sigmoid_and_slope(w), sh = sigmoid_and_slope(h);
      d.offset = {2 * sx.value - 0.5, 2 * sy.value - 0.5, 4 * sw.value * sw.value * anchor.width, 4 * sh.value * sh.value * anchor.height};
      d.slope[0] = 2 * sx.slope;
      d.slope[1] = 2 * sy.slope;
      d.slope[2] = 8 * sw.value * sw.slope * anchor.width;
      d.slope[3] = 8 * sh.value * sh.slope * anchor.height;
      break;
    }
    case BoxDecoding::kDarknet: {
      const double scale = grid.scale_xy;
      d.offset = {sx.value * scale - 0.5 * (scale - 1), sy.value * scale - 0.5 * (scale - 1),
                  exp(w) * grid.anchor_width[a] / (grid.width * grid.stride), exp(h) * grid.anchor_height[a] / (grid.height * grid.stride)};
      d.slope[0] = scale * sx.slope / grid.width;
      d.slope[1] = scale * sy.slope / grid.height;
      d.slope[2] = d.offset.width;
      d.slope[3] = d.offset.height;
      break;
    }
    case BoxDecoding::kDarknetNewCoords: {
      const double scale = grid.scale_xy;
      d.offset = {x * scale - 0.5 * (scale - 1), y * scale - 0.5 * (scale - 1),
                  w * w * 4 * grid.anchor_width[a] / (grid.width * grid.stride),
                  h * h * 4 * grid.anchor_height[a] / (grid.height * grid.stride)};
      d.slope[0] = scale / grid.width;
      d.slope[1] = scale / grid.height;
      d.slope[2] = 8 * w * anchor.width;
      d.slope[3] = 8 * h * anchor.height;
      break;
    }
  }
  d.box = grid.in_image_units ? Box{(i + d.offset.x) / grid.width, (j + d.offset.y) / grid.height, d.offset.width, d.offset.height}
                              : d.offset.moved_by(i, j);
  return d;
}

// The frame in which predicted box and target are compared: relative to the cell, or darknet's image.
YL_HOST_DEVICE Box match_frame(const Grid& grid, const DecodedBox& decoded) { return grid.in_image_units ? decoded.box : decoded.offset; }

// Objectness and class outputs as probabilities: new_coords come as such.
YL_HOST_DEVICE double probability(BoxDecoding decoding, double raw) {
  return decoding == BoxDecoding::kDarknetNewCoords ? raw : sigmoid(raw);
}

}  // namespace yololoss
