// The operations that need no loss, and decoding, through the C ABI: against the formulas in double, and the same bits on any number of
// threads.
#include <doctest/doctest.h>
#include <math.h>

#include <algorithm>

#include "losses.h"
#include "yololoss/decode_box.h"
#include "yololoss/element.h"
#include "yololoss/overlap.h"
#include "yololoss/sigmoid_bce.h"

namespace yololoss {
namespace {

class AbiOperations {
 public:
  explicit AbiOperations(int32_t threads, int32_t instruction_set = 0) {
    REQUIRE(yl_open_operations(threads, instruction_set, &handle_) == YL_OK);
  }
  ~AbiOperations() { yl_close_operations(handle_); }
  AbiOperations(const AbiOperations&) = delete;
  AbiOperations& operator=(const AbiOperations&) = delete;

  void* handle() const { return handle_; }

 private:
  void* handle_ = nullptr;
};

// n elements of a type, and a few after them that nobody may touch.
struct Column {
  ElementType type;
  int64_t n;
  std::vector<char> memory;

  Column(ElementType t, int64_t count) : type(t), n(count), memory((static_cast<size_t>(count) + 9) * size_of(t), 0x77) {}

  double get(int64_t i) const { return load_element(type, memory.data(), i); }
  void set(int64_t i, double value) { store_element_exactly(type, memory.data(), i, value); }
  int32_t code() const { return static_cast<int32_t>(type); }
  bool guard_stands() const {
    return std::all_of(memory.begin() + static_cast<int64_t>(size_of(type)) * n, memory.end(), [](char c) { return c == 0x77; });
  }
};

constexpr double kEdges[] = {0.0, -0.0, 100, -100, HUGE_VAL, -HUGE_VAL, static_cast<double>(NAN), 16, -16, 88, -88, 104, -104};

// One, a prime, and around a run and a task of the implementation.
constexpr int64_t kSizes[] = {0, 1, 7, 1021, 1023, 1024, 1025, 8191, 8192, 8193, 40009};

struct BceInput {
  Column logits, targets;

  BceInput(ElementType type, int64_t n) : logits(type, n), targets(type, n) {
    std::mt19937 random(11);
    for (int64_t i = 0; i < n; ++i) {
      const double normal = (static_cast<double>(random() % 4096) - 2048) / 256;
      logits.set(i, random() % 4 == 0 ? kEdges[random() % std::size(kEdges)] : normal);
      targets.set(i, random() % 2 == 0 ? static_cast<double>(random() % 2) : static_cast<double>(random() % 257) / 256);
    }
  }
};

struct BceOutput {
  Column value, gradient;

  BceOutput(const AbiOperations& operations, const BceInput& in, ElementType type, double weight, double scale)
      : value(type, in.logits.n), gradient(type, in.logits.n) {
    REQUIRE(yl_sigmoid_bce(operations.handle(), in.logits.n, weight, scale, in.logits.code(), in.logits.memory.data(), in.targets.code(),
                           in.targets.memory.data(), value.code(), value.memory.data(), gradient.code(), gradient.memory.data()) == YL_OK);
    CHECK(value.guard_stands());
    CHECK(gradient.guard_stands());
  }
};

// In units of the type's last place, of the larger of the terms that are added up.
double tolerance(ElementType type, double larger) {
  const double unit = type == ElementType::kF16    ? 0x1p-10
                      : type == ElementType::kBf16 ? 0x1p-7
                      : type == ElementType::kF32  ? 0x1p-20
                                                   : 0x1p-48;
  const double least = type == ElementType::kF16 ? 0x1p-24 : 0x1p-126;
  return unit * larger + least;
}

bool agrees(ElementType type, double expected, double found, double larger) {
  if (type == ElementType::kF16 && fabs(expected) > 65504) expected = copysign(HUGE_VAL, expected);
  if (isnan(expected) || isinf(expected) || !isfinite(found)) return isnan(expected) ? isnan(found) : expected == found;
  return fabs(expected - found) <= tolerance(type, larger);
}

TEST_CASE("sigmoid-BCE agrees with the formula in double, at every size and type") {
  for (const int32_t set : {1, 0}) {
    const AbiOperations operations(2, set);
    for (const ElementType type : {ElementType::kF32, ElementType::kF16, ElementType::kBf16, ElementType::kF64}) {
      for (const int64_t n : kSizes) {
        const BceInput in(type, n);
        for (const double weight : {1.0, 3.5, 1e-6, 1e-20, 1e-40}) {
          const BceOutput out(operations, in, type, weight, 16);
          int64_t off = 0, at = -1;
          for (int64_t i = 0; i < n; ++i) {
            const double x = in.logits.get(i), t = in.targets.get(i);
            const ValueAndSlope<double> truth = sigmoid_bce(x, t, weight);
            const double slope_terms = std::max({fabs(truth.slope), fabs(1 - t), weight * t});
            const bool good = agrees(type, truth.value, out.value.get(i), fabs(truth.value)) &&
                              agrees(type, 16 * truth.slope, out.gradient.get(i), 16 * slope_terms);
            if (!good && off++ == 0) at = i;
          }
          INFO("type " << static_cast<int>(type) << ", n " << n << ", weight " << weight << ", first at " << at);
          INFO("its logit " << (at < 0 ? 0.0 : in.logits.get(at)));
          CHECK(off == 0);
        }
      }
    }
  }
}

TEST_CASE("sigmoid-BCE gives the same bits on any number of threads, in place, and without a gradient") {
  for (const ElementType type : {ElementType::kF32, ElementType::kF16, ElementType::kBf16, ElementType::kF64}) {
    for (const int32_t set : {1, 0}) {
      BceInput in(type, 40009);
      const BceOutput expected(AbiOperations(1, set), in, type, 0.7, 3);
      for (const int32_t threads : {2, 3, 8}) {
        const AbiOperations operations(threads, set);
        for (int again = 0; again < 3; ++again) {
          const BceOutput out(operations, in, type, 0.7, 3);
          CHECK_UNARY(out.value.memory == expected.value.memory);
          CHECK_UNARY(out.gradient.memory == expected.gradient.memory);
        }
      }
      const AbiOperations operations(2, set);
      REQUIRE(yl_sigmoid_bce(operations.handle(), in.logits.n, 0.7, 3, in.logits.code(), in.logits.memory.data(), in.targets.code(),
                             in.targets.memory.data(), in.logits.code(), in.logits.memory.data(), 0, nullptr) == YL_OK);
      CHECK_UNARY(in.logits.memory == expected.value.memory);
    }
  }
}

TEST_CASE("overlaps of pairs agree with the formula, on any number of threads") {
  std::mt19937 random(12);
  const auto side = [&] { return static_cast<double>(random() % 512) / 128; };
  for (const int64_t n : {0, 1, 509, 511, 512, 513, 5003}) {
    Column a(ElementType::kF32, 4 * n), b(ElementType::kF16, 4 * n);
    for (int64_t i = 0; i < 4 * n; ++i) {
      a.set(i, random() % 64 == 0 ? kEdges[random() % std::size(kEdges)] : side());
      b.set(i, side());
    }
    for (int32_t kind = 0; kind < 4; ++kind) {
      for (int32_t convention = 0; convention < 4; ++convention) {
        Column value(ElementType::kF64, n), gradient(ElementType::kF64, 4 * n);
        const AbiOperations one(1);
        REQUIRE(yl_overlap(one.handle(), kind, convention, n, a.code(), a.memory.data(), b.code(), b.memory.data(), value.code(),
                           value.memory.data(), gradient.code(), gradient.memory.data()) == YL_OK);
        int64_t off = 0;
        for (int64_t row = 0; row < n; ++row) {
          const Box first{a.get(4 * row), a.get(4 * row + 1), a.get(4 * row + 2), a.get(4 * row + 3)};
          const Box second{b.get(4 * row), b.get(4 * row + 1), b.get(4 * row + 2), b.get(4 * row + 3)};
          const OverlapValue truth = overlap(static_cast<Overlap>(kind), static_cast<OverlapConvention>(convention), first, second);
          const auto differs = [](double x, double y) { return !(x == y || (isnan(x) && isnan(y))); };
          off += differs(truth.value, value.get(row));
          for (int k = 0; k < 4; ++k) off += differs(truth.slope[k], gradient.get(4 * row + k));
        }
        CHECK(off == 0);
        for (const int32_t threads : {2, 3, 8}) {
          const AbiOperations more(threads);
          Column other(ElementType::kF64, n), slopes(ElementType::kF64, 4 * n);
          REQUIRE(yl_overlap(more.handle(), kind, convention, n, a.code(), a.memory.data(), b.code(), b.memory.data(), other.code(),
                             other.memory.data(), slopes.code(), slopes.memory.data()) == YL_OK);
          CHECK_UNARY(other.memory == value.memory);
          CHECK_UNARY(slopes.memory == gradient.memory);
        }
      }
    }
  }
}

std::vector<double> decoded(const LossDescription& loss, int32_t threads, int32_t set, Tensors& predictions, int32_t images) {
  AbiEngine engine(loss, threads, set);
  REQUIRE(engine.status() == YL_OK);
  StepRequest request{};
  request.images = images;
  request.gradient_scale = 1;
  size_t boxes = 0;
  for (int32_t l = 0; l < loss.head_count; ++l) {
    request.predictions[l] = predictions.views[l];
    boxes += static_cast<size_t>(loss.heads[l].anchor_count) * predictions.views[l].height * predictions.views[l].width;
  }
  std::vector<double> out(images * boxes * (5 + loss.classes) + 3, -7);
  REQUIRE(yl_decode(engine.handle(), &request, out.data(), predictions.at(0), predictions.at(1), 0, 0, 0, 0, 0, 0) == YL_OK);
  for (int k = 0; k < 3; ++k) {
    CHECK(out.back() == -7);
    out.pop_back();
  }
  return out;
}

TEST_CASE("decoding agrees with the formulas in every order and type, on any number of threads") {
  std::vector<Family> all = families();
  all.push_back({"softmax", all[2].loss});
  all.back().loss.class_kind = ClassKind::kSoftmaxCrossEntropy;
  all.push_back({"new coords", all[7].loss});
  all.back().loss.decoding = BoxDecoding::kDarknetNewCoords;
  all.push_back({"one class", all[3].loss});
  all.back().loss.classes = 1;
  std::mt19937 random(13);
  for (const Family& family : all) {
    const LossDescription& loss = family.loss;
    const int32_t images = 2, side = 416, n = 5 + loss.classes;
    for (const Order order : {Order::kPlanes, Order::kAttributeLast, Order::kPaddedRows}) {
      for (const ElementType type : {ElementType::kF32, ElementType::kF16, ElementType::kBf16, ElementType::kF64}) {
        Tensors predictions = tensors(loss, type, order, images, side, 0x77);
        for (int32_t l = 0; l < loss.head_count; ++l) {
          const TensorView& v = predictions.views[l];
          for (int32_t i = 0; i < images * loss.heads[l].anchor_count * n * v.height * v.width; ++i) {
            const int32_t column = i % v.width, row = i / v.width % v.height, k = i / v.width / v.height % n;
            const int32_t a = i / v.width / v.height / n % loss.heads[l].anchor_count,
                          image = i / v.width / v.height / n / loss.heads[l].anchor_count;
            const double drawn =
                random() % 8 == 0 ? kEdges[random() % std::size(kEdges)] : (static_cast<double>(random() % 256) - 128) / 16;
            store_element_exactly(type, predictions.at(l), element_index(v, image, a, k, row, column), drawn);
          }
        }
        const std::vector<double> found = decoded(loss, 1, 0, predictions, images);
        for (const int32_t threads : {2, 3, 8}) {
          const std::vector<double> again = decoded(loss, threads, 0, predictions, images);
          CHECK_UNARY(memcmp(again.data(), found.data(), found.size() * sizeof(double)) == 0);
        }
        const std::vector<double> baseline = decoded(loss, 2, 1, predictions, images);
        size_t at = 0, off = 0;
        const auto check = [&](double truth) {
          for (const double value : {found[at], baseline[at]}) {
            off += isfinite(truth) ? !(fabs(value - truth) <= 1e-13 * fabs(truth) + 1e-300)
                                   : !(value == truth || (isnan(value) && isnan(truth)));
          }
          at++;
        };
        for (int32_t image = 0; image < images; ++image) {
          for (int32_t l = 0; l < loss.head_count; ++l) {
            const TensorView& v = predictions.views[l];
            const HeadDescription& head = loss.heads[l];
            Grid grid{};
            grid.images = images;
            grid.anchors = head.anchor_count;
            grid.height = v.height;
            grid.width = v.width;
            grid.stride = head.stride;
            grid.in_image_units = loss.decoding == BoxDecoding::kDarknet || loss.decoding == BoxDecoding::kDarknetNewCoords;
            grid.scale_xy = head.scale_xy;
            for (int32_t a = 0; a < head.anchor_count; ++a) {
              grid.anchor_width[a] = loss.pool[head.anchors[a]].width;
              grid.anchor_height[a] = loss.pool[head.anchors[a]].height;
            }
            for (int32_t slot = 0; slot < grid.slots_per_image(); ++slot) {
              const SlotPlace place{image, grid.anchor_of(slot), grid.row_of(slot), grid.column_of(slot)};
              std::vector<double> raw(n);
              for (int32_t k = 0; k < n; ++k) {
                raw[k] = load_element(type, predictions.at(l), element_index(v, image, place.anchor, k, place.row, place.column));
              }
              const Box box = decode_box(loss.decoding, grid, place, raw.data()).box;
              const double to_x = grid.in_image_units ? grid.width * grid.stride : grid.stride;
              const double to_y = grid.in_image_units ? grid.height * grid.stride : grid.stride;
              check(box.x * to_x);
              check(box.y * to_y);
              check(box.width * to_x);
              check(box.height * to_y);
              check(probability(loss.decoding, raw[4]));
              double largest = -HUGE_VAL, sum = 0;
              for (int32_t c = 0; c < loss.classes; ++c) largest = std::max(largest, raw[5 + c]);
              for (int32_t c = 0; c < loss.classes; ++c) sum += exp(raw[5 + c] - largest);
              for (int32_t c = 0; c < loss.classes; ++c) {
                const bool sure = loss.classes == 1 && loss.reduction == ReductionKind::kLayerMeansTimesBatch;
                const bool softmax = loss.class_kind == ClassKind::kSoftmaxCrossEntropy;
                check(sure ? 1 : softmax ? exp(raw[5 + c] - largest) / sum : probability(loss.decoding, raw[5 + c]));
              }
            }
          }
        }
        INFO(std::string(family.name) << ", type " << static_cast<int>(type));
        CHECK(at == found.size());
        CHECK(off == 0);
      }
    }
  }
}

TEST_CASE("bad arguments of operations get a status and a message") {
  void* handle = nullptr;
  CHECK(yl_open_operations(1, 0, nullptr) == YL_INVALID_ARGUMENT);
  CHECK(yl_open_operations(-1, 0, &handle) == YL_INVALID_ARGUMENT);
  CHECK(yl_open_operations(1, 3, &handle) == YL_INVALID_ARGUMENT);
  CHECK(handle == nullptr);
  yl_close_operations(nullptr);
  const AbiOperations operations(1);
  void* const o = operations.handle();
  float x[4] = {1, 1, 1, 1};
  CHECK(yl_overlap(nullptr, 0, 0, 1, 0, x, 0, x, 0, x, 0, nullptr) == YL_INVALID_ARGUMENT);
  CHECK(yl_overlap(o, 0, 0, 1, 0, nullptr, 0, x, 0, x, 0, nullptr) == YL_INVALID_ARGUMENT);
  CHECK(yl_overlap(o, 4, 0, 1, 0, x, 0, x, 0, x, 0, nullptr) == YL_INVALID_ARGUMENT);
  CHECK(yl_overlap(o, 0, -1, 1, 0, x, 0, x, 0, x, 0, nullptr) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "a choice is unknown");
  CHECK(yl_overlap(o, 0, 0, 1, 4, x, 0, x, 0, x, 0, nullptr) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "an element type is unknown");
  CHECK(yl_overlap(o, 0, 0, 0, 0, nullptr, 0, nullptr, 0, nullptr, 0, nullptr) == YL_OK);
  CHECK(yl_sigmoid_bce(nullptr, 1, 1, 1, 0, x, 0, x, 0, x, 0, x) == YL_INVALID_ARGUMENT);
  CHECK(yl_sigmoid_bce(o, -1, 1, 1, 0, x, 0, x, 0, x, 0, x) == YL_INVALID_ARGUMENT);
  CHECK(std::string(yl_last_error()) == "n is negative");
  CHECK(yl_sigmoid_bce(o, 1, 1, 1, 0, x, 0, nullptr, 0, x, 0, x) == YL_INVALID_ARGUMENT);
  CHECK(yl_sigmoid_bce(o, 1, 1, 1, -1, x, 0, x, 0, x, 0, x) == YL_INVALID_ARGUMENT);
  CHECK(yl_sigmoid_bce(o, 1, 1, 1, 0, x, 0, x, 0, x, 7, x) == YL_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace yololoss
