#include "clear_gradients.h"

#include <string.h>

#include "tensor_rows.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace yololoss {
namespace {

constexpr size_t kLine = 64;

// Zeros that are not read soon go around the cache, which also spares reading the lines first.
void stream_zeros(char* begin, size_t bytes) {
#if defined(__SSE2__)
  const size_t head = (kLine - reinterpret_cast<uintptr_t>(begin) % kLine) % kLine;
  if (bytes >= 16 * kLine + head) {
    memset(begin, 0, head);
    char* at = begin + head;
    char* const end = begin + bytes;
    const __m128i zero = _mm_setzero_si128();
    for (; at + kLine <= end; at += kLine) {
      for (size_t k = 0; k < kLine; k += sizeof zero) _mm_stream_si128(reinterpret_cast<__m128i*>(at + k), zero);
    }
    _mm_sfence();
    memset(at, 0, static_cast<size_t>(end - at));
    return;
  }
#endif
  memset(begin, 0, bytes);
}

// Whether an image's plane of one anchor, with all attributes, lies in one piece.
bool in_one_piece(const TensorView& v, int32_t attributes) {
  const int64_t cells = static_cast<int64_t>(v.height) * v.width;
  const bool planes = v.column_stride == 1 && v.row_stride == v.width && v.attribute_stride == cells;
  const bool attribute_last = v.attribute_stride == 1 && v.column_stride == attributes && v.row_stride == v.column_stride * v.width;
  return planes || attribute_last;
}

}  // namespace

void clear_plane(const Layer& layer, int32_t attributes, int32_t image, int32_t anchor) {
  const TensorAccess& tensor = layer.gradient;
  const TensorView& v = tensor.view();
  if (in_one_piece(v, attributes)) {
    const size_t bytes = tensor.element_size() * static_cast<size_t>(attributes) * v.height * v.width;
    stream_zeros(tensor.data() + tensor.index(image, anchor, 0, 0, 0) * static_cast<int64_t>(tensor.element_size()), bytes);
    return;
  }
  for (int32_t k = 0; k < attributes; ++k) {
    for (int32_t row = 0; row < v.height; ++row) {
      for (int32_t column = 0; column < v.width; ++column) tensor.set(tensor.index(image, anchor, k, row, column), 0);
    }
  }
}

void clear_slots(const Layer& layer, int32_t attributes, const int32_t* slots, int count) {
  SlotRows(layer.gradient, layer.grid, 0, slots, count).zero(4);
  SlotRows(layer.gradient, layer.grid, 5, slots, count).zero(attributes - 5);
}

}  // namespace yololoss
