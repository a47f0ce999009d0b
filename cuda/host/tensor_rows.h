// The values of a few slots at once, a row for each slot.
//
// Where attributes are planes, a plane is walked for all slots before the next one: neighbouring slots share its cache lines, and the
// many planes of a single slot, a power of two apart or nearly so, would evict each other from the first cache.
#pragma once

#include "tensor_access.h"

namespace yololoss {

// So many slots keep a plane's lines and the outputs of all in the first cache.
constexpr int kRows = 16;

class SlotRows {
 public:
  // From an attribute on; at most kRows slots.
  SlotRows(const TensorAccess& tensor, const Grid& grid, int32_t attribute, const int32_t* slots, int count)
      : tensor_(tensor), stride_(tensor.view().attribute_stride), count_(count) {
    for (int r = 0; r < count; ++r) {
      const SlotPlace place = grid.place(slots[r]);
      first_[r] = tensor.index(place.image, place.anchor, attribute, place.row, place.column);
    }
  }

  // n attributes of every slot into [slots, n].
  void read(const Lanes& lanes, int n, float* out, uint16_t* halves) const {
    switch (tensor_.view().type) {
      case ElementType::kF32:
        return gather<float>(n, out);
      case ElementType::kF16:
        gather<uint16_t>(n, halves);
        return lanes.from_f16(halves, count_ * n, out);
      case ElementType::kBf16:
        gather<uint16_t>(n, halves);
        return lanes.from_bf16(halves, count_ * n, out);
      case ElementType::kF64:
        return gather<double>(n, out);
    }
  }

  // The same without rounding.
  void read_exactly(int n, double* out) const {
    for (int k = 0; k < n; ++k) {
      for (int r = 0; r < count_; ++r) out[r * n + k] = tensor_.get(first_[r] + k * stride_);
    }
  }

  // Writes [slots, n] to n attributes of every slot.
  void write(const Lanes& lanes, int n, const float* values, uint16_t* halves) const {
    switch (tensor_.view().type) {
      case ElementType::kF32:
        return scatter<float>(n, values);
      case ElementType::kF16:
        lanes.to_f16(values, count_ * n, halves);
        return scatter<uint16_t>(n, halves);
      case ElementType::kBf16:
        lanes.to_bf16(values, count_ * n, halves);
        return scatter<uint16_t>(n, halves);
      case ElementType::kF64:
        return scatter<double>(n, values);
    }
  }

  // Sets n attributes of every slot to 0.
  void zero(int n) const {
    switch (tensor_.view().type) {
      case ElementType::kF32:
        return fill<float>(n);
      case ElementType::kF16:
      case ElementType::kBf16:
        return fill<uint16_t>(n);
      case ElementType::kF64:
        return fill<double>(n);
    }
  }

  // Asks for the lines of attributes begin..end-1, which are to be read soon.
  void prefetch(int begin, int end) const {
    const int64_t size = static_cast<int64_t>(tensor_.element_size());
    for (int k = begin; k < end; ++k) {
      for (int r = 0; r < count_; ++r) __builtin_prefetch(tensor_.data() + (first_[r] + k * stride_) * size, 0, 2);
    }
  }

  // Where the r-th slot's value of an attribute lies.
  int64_t index(int r, int attribute) const { return first_[r] + attribute * stride_; }

 private:
  // Stores leave in order, so that each would wait for its line: lines are asked for this many attributes ahead.
  static constexpr int kAhead = 2;

  template <typename T, typename Out>
  void gather(int n, Out* out) const {
    const T* from = reinterpret_cast<const T*>(tensor_.data());
    if (stride_ == 1) {
      for (int r = 0; r < count_; ++r) {
        for (int k = 0; k < n; ++k) out[r * n + k] = static_cast<Out>(from[first_[r] + k]);
      }
      return;
    }
    for (int k = 0; k < n; ++k) {
      const T* plane = from + k * stride_;
      for (int r = 0; r < count_; ++r) out[r * n + k] = static_cast<Out>(plane[first_[r]]);
    }
  }

  template <typename T, typename In>
  void scatter(int n, const In* values) const {
    store<T>(n, [&](int r, int k) { return static_cast<T>(values[r * n + k]); });
  }

  template <typename T>
  void fill(int n) const {
    store<T>(n, [](int, int) { return T{}; });
  }

  template <typename T, typename Value>
  void store(int n, const Value& value) const {
    T* to = reinterpret_cast<T*>(tensor_.data());
    if (stride_ == 1) {
      for (int r = 0; r < count_; ++r) {
        for (int k = 0; k < n; ++k) to[first_[r] + k] = value(r, k);
      }
      return;
    }
    for (int k = 0; k < std::min(kAhead, n); ++k) prefetch(to + k * stride_);
    for (int k = 0; k < n; ++k) {
      if (k + kAhead < n) prefetch(to + (k + kAhead) * stride_);
      T* plane = to + k * stride_;
      for (int r = 0; r < count_; ++r) plane[first_[r]] = value(r, k);
    }
  }

  template <typename T>
  void prefetch(const T* plane) const {
    for (int r = 0; r < count_; ++r) __builtin_prefetch(plane + first_[r], 1);
  }

  const TensorAccess& tensor_;
  const int64_t stride_;
  const int count_;
  int64_t first_[kRows];
};

}  // namespace yololoss
