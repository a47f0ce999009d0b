// A box by its centre and sides, in any one unit.
#pragma once

#include <limits>

#include "annotations.h"

namespace yololoss {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Box {
  double x, y, width, height;

  YL_MEMBER double left() const { return x - width / 2; }
  YL_MEMBER double right() const { return x + width / 2; }
  YL_MEMBER double top() const { return y - height / 2; }
  YL_MEMBER double bottom() const { return y + height / 2; }
  YL_MEMBER Box moved_by(double dx, double dy) const { return {x + dx, y + dy, width, height}; }
};

// A NaN on either side is the result, so that no comparison hides it.
YL_HOST_DEVICE double min_of(double a, double b) { return a < b || a != a ? a : b; }
YL_HOST_DEVICE double max_of(double a, double b) { return a > b || a != a ? a : b; }

}  // namespace yololoss
