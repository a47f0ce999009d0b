// Clearing sets every element of a plane or a slot and not a byte beside it.
#include "clear_gradients.h"

#include <doctest/doctest.h>

#include <vector>

#include "losses.h"

namespace yololoss {
namespace {

constexpr ElementType kTypes[] = {ElementType::kF32, ElementType::kF16, ElementType::kBf16, ElementType::kF64};
constexpr Order kOrders[] = {Order::kPlanes, Order::kAttributeLast, Order::kPaddedRows};
constexpr char kGuard = 0x5a;
constexpr int32_t kImages = 2, kAnchors = 3;

struct Guarded {
  Layer layer;
  std::vector<char> memory;
  size_t start = 0;
};

// A gradient that starts `offset` elements after a boundary of 64 bytes, all bytes kGuard.
void make(Guarded& g, ElementType type, Order order, int32_t attributes, int32_t height, int32_t width, size_t offset) {
  int64_t elements = 0;
  const TensorView view = view_of(type, order, kImages, kAnchors, attributes, height, width, &elements);
  g.memory.assign(static_cast<size_t>(elements) * size_of(type) + 64 * 16 + 128, kGuard);
  const size_t misfit = reinterpret_cast<uintptr_t>(g.memory.data()) % 64;
  g.start = 64 - misfit + offset * size_of(type);
  g.layer.gradient = TensorAccess(view, g.memory.data() + g.start);
  g.layer.grid = {};
  g.layer.grid.images = kImages;
  g.layer.grid.anchors = kAnchors;
  g.layer.grid.height = height;
  g.layer.grid.width = width;
}

// Bytes that are 0 though they should not be, or are not though they should.
int wrong_bytes(const Guarded& g, int32_t attributes, const std::vector<uint8_t>& cleared_slot, bool objectness) {
  std::vector<char> expected(g.memory.size(), kGuard);
  const Grid& grid = g.layer.grid;
  const TensorAccess& t = g.layer.gradient;
  for (int32_t slot = 0; slot < grid.slots(); ++slot) {
    for (int32_t k = 0; cleared_slot[slot] && k < attributes; ++k) {
      if (k == 4 && !objectness) continue;
      const int64_t at = t.index(grid.image_of(slot), grid.anchor_of(slot), k, grid.row_of(slot), grid.column_of(slot));
      memset(&expected[g.start + static_cast<size_t>(at) * t.element_size()], 0, t.element_size());
    }
  }
  int wrong = 0;
  for (size_t i = 0; i < expected.size(); ++i) wrong += expected[i] != g.memory[i];
  return wrong;
}

template <typename Check>
void for_all_tensors(const Check& check) {
  for (const ElementType type : kTypes) {
    for (const Order order : kOrders) {
      // planes around the length from which stores stream, and far above and below
      for (const int32_t sides : {1, 3, 4, 5, 7, 13, 19}) {
        for (const size_t offset : {0, 1, 2, 3, 5, 7, 8, 13, 31}) check(type, order, sides, sides + 1, offset);
      }
    }
  }
}

TEST_CASE("a plane is cleared, and nothing else") {
  Guarded g;
  for_all_tensors([&](ElementType type, Order order, int32_t height, int32_t width, size_t offset) {
    for (const int32_t attributes : {6, 8}) {
      make(g, type, order, attributes, height, width, offset);
      std::vector<uint8_t> cleared(g.layer.grid.slots(), 0);
      CHECK(wrong_bytes(g, attributes, cleared, true) == 0);
      for (const int32_t plane : {1, 5, 0}) {
        clear_plane(g.layer, attributes, plane / kAnchors, plane % kAnchors);
        for (int32_t cell = 0; cell < height * width; ++cell) cleared[plane * height * width + cell] = 1;
        CHECK(wrong_bytes(g, attributes, cleared, true) == 0);
      }
    }
  });
}

TEST_CASE("slots are cleared but for their objectness") {
  Guarded g;
  for_all_tensors([&](ElementType type, Order order, int32_t height, int32_t width, size_t offset) {
    make(g, type, order, 8, height, width, offset);
    std::vector<uint8_t> cleared(g.layer.grid.slots(), 0);
    const int32_t last = g.layer.grid.slots() - 1;
    for (const std::vector<int32_t>& slots : {std::vector<int32_t>{last / 2}, {last - 1, 0, last}}) {
      clear_slots(g.layer, 8, slots.data(), static_cast<int>(slots.size()));
      for (const int32_t slot : slots) cleared[slot] = 1;
      CHECK(wrong_bytes(g, 8, cleared, false) == 0);
    }
  });
}

// Negative control: a byte too few and a byte too many show.
TEST_CASE("a stray and a missing byte show") {
  Guarded g;
  make(g, ElementType::kF32, Order::kPlanes, 6, 5, 6, 1);
  std::vector<uint8_t> cleared(g.layer.grid.slots(), 0);
  clear_plane(g.layer, 6, 0, 0);
  for (int32_t cell = 0; cell < 30; ++cell) cleared[cell] = 1;
  CHECK(wrong_bytes(g, 6, cleared, true) == 0);
  g.memory[g.start - 1] = 0;
  CHECK(wrong_bytes(g, 6, cleared, true) == 1);
  g.memory[g.start + 30 * 6 * 4 - 1] = 1;
  CHECK(wrong_bytes(g, 6, cleared, true) == 2);
}

}  // namespace
}  // namespace yololoss
