// Single elements of tensors of any type and order: read as double, stored as the float nearest to a value, rounded to the tensor's type.
#pragma once

#include <math.h>

#include "half.h"
#include "step.h"

namespace yololoss {

YL_HOST_DEVICE int64_t element_index(const TensorView& view, int32_t image, int32_t anchor, int32_t attribute, int32_t row,
                                     int32_t column) {
  return image * view.image_stride + anchor * view.anchor_stride + attribute * view.attribute_stride + row * view.row_stride +
         column * view.column_stride;
}

YL_HOST_DEVICE int32_t element_bytes(ElementType type) { return type == ElementType::kF64 ? 8 : type == ElementType::kF32 ? 4 : 2; }

YL_HOST_DEVICE double load_element(ElementType type, const void* data, int64_t index) {
  switch (type) {
    case ElementType::kF32:
      return static_cast<double>(static_cast<const float*>(data)[index]);
    case ElementType::kF16:
      return static_cast<double>(half_to_float(static_cast<const uint16_t*>(data)[index]));
    case ElementType::kBf16:
      return static_cast<double>(bfloat_to_float(static_cast<const uint16_t*>(data)[index]));
    case ElementType::kF64:
      return static_cast<const double*>(data)[index];
  }
  return 0;  // unreachable: every type has returned
}

// Returns the value as it was stored.
YL_HOST_DEVICE float store_element(ElementType type, void* data, int64_t index, float value) {
  switch (type) {
    case ElementType::kF32:
      static_cast<float*>(data)[index] = value;
      return value;
    case ElementType::kF16: {
      const uint16_t half = float_to_half(value);
      static_cast<uint16_t*>(data)[index] = half;
      return half_to_float(half);
    }
    case ElementType::kBf16: {
      const uint16_t half = float_to_bfloat(value);
      static_cast<uint16_t*>(data)[index] = half;
      return bfloat_to_float(half);
    }
    case ElementType::kF64:
      static_cast<double*>(data)[index] = static_cast<double>(value);
      return value;
  }
  return value;  // unreachable: every type has returned
}

// The same in double, for tensors that can hold it.
YL_HOST_DEVICE void store_element_exactly(ElementType type, void* data, int64_t index, double value) {
  if (type == ElementType::kF64) {
    static_cast<double*>(data)[index] = value;
  } else {
    store_element(type, data, index, static_cast<float>(value));
  }
}

}  // namespace yololoss
