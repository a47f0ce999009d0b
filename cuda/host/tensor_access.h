// Reads and writes of single elements and of runs of a tensor in any type and order.
#pragma once

#include <math.h>

#include <algorithm>

#include "lanes.h"
#include "yololoss/element.h"
#include "yololoss/grid.h"

namespace yololoss {

class TensorAccess {
 public:
  TensorAccess() = default;
  TensorAccess(const TensorView& view, const void* data) : view_(view), data_(static_cast<char*>(const_cast<void*>(data))) {}

  const TensorView& view() const { return view_; }
  char* data() const { return data_; }

  int64_t index(int32_t image, int32_t anchor, int32_t attribute, int32_t row, int32_t column) const {
    return element_index(view_, image, anchor, attribute, row, column);
  }

  double get(int64_t index) const { return load_element(view_.type, data_, index); }

  void set(int64_t index, double value) const { store_element_exactly(view_.type, data_, index, value); }

  // Elements that are floats side by side can be used where they lie; null for others.
  float* floats(int64_t first, int64_t stride) const {
    return view_.type == ElementType::kF32 && stride == 1 ? reinterpret_cast<float*>(data_) + first : nullptr;
  }

  // Reads n elements, `stride` apart, into floats.
  void read(const Lanes& lanes, int64_t first, int64_t stride, int n, float* out, uint16_t* halves) const {
    switch (view_.type) {
      case ElementType::kF32:
        gather(first, stride, n, out);
        return;
      case ElementType::kF16:
        gather(first, stride, n, halves);
        lanes.from_f16(halves, n, out);
        return;
      case ElementType::kBf16:
        gather(first, stride, n, halves);
        lanes.from_bf16(halves, n, out);
        return;
      case ElementType::kF64:
        for (int i = 0; i < n; ++i) out[i] = static_cast<float>(at<double>(first + i * stride));
        return;
    }
  }

  // The same without rounding.
  void read_exactly(int64_t first, int64_t stride, int n, double* out) const {
    switch (view_.type) {
      case ElementType::kF32:
        for (int i = 0; i < n; ++i) out[i] = static_cast<double>(at<float>(first + i * stride));
        return;
      case ElementType::kF16:
        for (int i = 0; i < n; ++i) out[i] = static_cast<double>(half_to_float(at<uint16_t>(first + i * stride)));
        return;
      case ElementType::kBf16:
        for (int i = 0; i < n; ++i) out[i] = static_cast<double>(bfloat_to_float(at<uint16_t>(first + i * stride)));
        return;
      case ElementType::kF64:
        for (int i = 0; i < n; ++i) out[i] = at<double>(first + i * stride);
        return;
    }
  }

  // Writes n floats, `stride` apart.
  void write(const Lanes& lanes, int64_t first, int64_t stride, int n, const float* values, uint16_t* halves) const {
    switch (view_.type) {
      case ElementType::kF32:
        scatter(first, stride, n, values);
        return;
      case ElementType::kF16:
        lanes.to_f16(values, n, halves);
        scatter(first, stride, n, halves);
        return;
      case ElementType::kBf16:
        lanes.to_bf16(values, n, halves);
        scatter(first, stride, n, halves);
        return;
      case ElementType::kF64:
        for (int i = 0; i < n; ++i) at<double>(first + i * stride) = static_cast<double>(values[i]);
        return;
    }
  }

  // Whether what `write` has just stored is finite: `values` and `halves` as they were handed to it.
  bool all_finite_as_stored(const Lanes& lanes, const float* values, const uint16_t* halves, int n) const {
    if (view_.type == ElementType::kF32 || view_.type == ElementType::kF64) return lanes.all_finite(values, n);
    const uint16_t exponent = view_.type == ElementType::kF16 ? 0x7c00u : 0x7f80u;
    bool finite = true;
    for (int i = 0; i < n; ++i) finite &= (halves[i] & exponent) != exponent;
    return finite;
  }

  // Whether the rows of a plane follow each other without a gap, each column `column_stride` from the last.
  bool is_run() const { return view_.row_stride == view_.width * view_.column_stride; }

  size_t element_size() const { return static_cast<size_t>(element_bytes(view_.type)); }

 private:
  // Elements on cache lines of their own are asked for this many elements before they are needed.
  static constexpr int kAhead = 64;

  template <typename T>
  T& at(int64_t index) const {
    return reinterpret_cast<T*>(data_)[index];
  }

  template <typename T>
  void gather(int64_t first, int64_t stride, int n, T* out) const {
    const T* from = reinterpret_cast<const T*>(data_) + first;
    if (stride == 1) {
      std::copy(from, from + n, out);
    } else {
      for (int i = 0; i < n; ++i) {
        __builtin_prefetch(from + (i + kAhead) * stride);
        out[i] = from[i * stride];
      }
    }
  }

  template <typename T>
  void scatter(int64_t first, int64_t stride, int n, const T* values) const {
    T* to = reinterpret_cast<T*>(data_) + first;
    if (stride == 1) {
      std::copy(values, values + n, to);
    } else {
      for (int i = 0; i < n; ++i) {
        __builtin_prefetch(to + (i + kAhead) * stride, 1);
        to[i * stride] = values[i];
      }
    }
  }

  TensorView view_{};
  char* data_ = nullptr;
};

}  // namespace yololoss
