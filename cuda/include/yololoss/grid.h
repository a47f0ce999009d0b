// One head's geometry in a step. Boxes are measured in cells or, for darknet's decodings, in fractions of the image.
//
// A slot is one image, anchor and cell: ((image * anchors + anchor) * height + row) * width + column.
#pragma once

#include "box.h"
#include "loss_description.h"

namespace yololoss {

// Where a slot is. Worked out once, since it takes divisions.
struct SlotPlace {
  int32_t image, anchor, row, column;
};

struct Grid {
  int32_t layer, images, anchors, height, width, stride;
  bool in_image_units;
  double scale_xy;
  double anchor_width[kMaxAnchorsPerHead], anchor_height[kMaxAnchorsPerHead];  // pixels
  int32_t members[kMaxAnchorsPerHead];                                         // where the anchors stand in the pool

  YL_MEMBER int32_t cells() const { return height * width; }
  YL_MEMBER int32_t slots_per_image() const { return anchors * height * width; }
  YL_MEMBER int32_t slots() const { return images * anchors * height * width; }
  YL_MEMBER int32_t slot(int32_t image, int32_t anchor, int32_t row, int32_t column) const {
    return ((image * anchors + anchor) * height + row) * width + column;
  }
  YL_MEMBER int32_t image_of(int32_t slot) const { return slot / slots_per_image(); }
  YL_MEMBER int32_t anchor_of(int32_t slot) const { return slot / cells() % anchors; }
  YL_MEMBER int32_t row_of(int32_t slot) const { return slot / width % height; }
  YL_MEMBER int32_t column_of(int32_t slot) const { return slot % width; }

  YL_MEMBER SlotPlace place(int32_t slot) const {
    const int32_t row_index = slot / width, plane = row_index / height;
    return {plane / anchors, plane % anchors, row_index % height, slot % width};
  }

  // An anchor, given in pixels, as a shape in the unit of the boxes.
  YL_MEMBER Box shape(double pixels_width, double pixels_height) const {
    if (in_image_units) return {0, 0, pixels_width / (width * stride), pixels_height / (height * stride)};
    return {0, 0, pixels_width / stride, pixels_height / stride};
  }
  YL_MEMBER Box anchor_shape(int32_t anchor) const { return shape(anchor_width[anchor], anchor_height[anchor]); }

  // A target in fractions of the image, in the unit of the boxes.
  YL_MEMBER Box target(double cx, double cy, double w, double h) const {
    if (in_image_units) return {cx, cy, w, h};
    return {cx * width, cy * height, w * width, h * height};
  }

  // The cell of a centre in fractions of the image; a centre at 1 belongs to the last.
  YL_MEMBER int32_t column(double cx) const {
    const int32_t i = static_cast<int32_t>(cx * width);
    return i < width - 1 ? i : width - 1;
  }
  YL_MEMBER int32_t row(double cy) const {
    const int32_t j = static_cast<int32_t>(cy * height);
    return j < height - 1 ? j : height - 1;
  }
};

}  // namespace yololoss
