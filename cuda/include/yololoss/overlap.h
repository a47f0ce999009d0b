// The overlap of two boxes in any convention, with its derivative by the first, or what darknet takes for it.
#pragma once

#include "darknet_overlap.h"
#include "yolov5_overlap.h"

namespace yololoss {

YL_HOST_DEVICE OverlapValue overlap(Overlap kind, OverlapConvention convention, const Box& a, const Box& b) {
  switch (convention) {
    case OverlapConvention::kPlain:
      return yolov5_overlap(kind, a, b, 0, 0);
    case OverlapConvention::kYolov5:
      return yolov5_overlap(kind, a, b, kYolov5Eps, 0);
    case OverlapConvention::kYolov5_0:
      return yolov5_overlap(kind, a, b, kYolov5Eps, kYolov5Eps);
    case OverlapConvention::kDarknet:
      break;
  }
  OverlapValue result{darknet_overlap(kind, a, b), {}};
  darknet_direction(kind, a, b, result.slope);
  return result;
}

}  // namespace yololoss
