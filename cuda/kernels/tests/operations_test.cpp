// The operations that need no loss, on the emulated device against the CPU.
#include "../../host/operations.h"

#include <doctest/doctest.h>
#include <math.h>

#include <algorithm>
#include <random>
#include <vector>

#include "device.h"
#include "launch.h"
#include "yololoss/element.h"
#include "yololoss/sigmoid_bce.h"

extern "C" {
void pairwise_iou(int, int, long long, yololoss::Elements, yololoss::Elements, yololoss::Elements, yololoss::Elements);
void sigmoid_bce(long long, yololoss::SigmoidBceOptions, yololoss::Elements, yololoss::Elements, yololoss::Elements, yololoss::Elements);
}

namespace yololoss {
namespace {

// Awkward numbers of elements: none, one, a prime, one off a block.
constexpr long long kSizes[] = {0, 1, 97, 255, 256, 257, 1021};

std::vector<double> drawn(long long n, double low, double high, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> values;
  for (long long i = 0; i < n; ++i) {
    const double share = random() / 4294967296.0;
    values.push_back(random() % 4 == 0 ? low + (high - low) * (random() % 5) / 4 : low + (high - low) * share);  // ties and edges too
  }
  return values;
}

Elements of(std::vector<double>& values) { return {ElementType::kF64, 0, values.data()}; }

// The same bits, but for the sign of a NaN, which is the compiler's choice.
bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return (isnan(x) && isnan(y)) || memcmp(&x, &y, sizeof x) == 0; });
}

TEST_CASE("overlaps of all kinds and conventions have the CPU's bits") {
  for (int kind = 0; kind < 4; ++kind) {
    for (int convention = 0; convention < 4; ++convention) {
      for (const long long n : kSizes) {
        std::vector<double> a = drawn(4 * n, 0, 2, 1), b = drawn(4 * n, 0, 2, 2);
        const auto size = static_cast<size_t>(n);
        std::vector<double> value(size, 7), expected(size, 9), slope(4 * size, 7), expected_slope(4 * size, 9);
        overlap_pairs(static_cast<Overlap>(kind), static_cast<OverlapConvention>(convention), n, of(a), of(b), of(expected),
                      of(expected_slope));
        emulator::launch("pairwise_iou", ::pairwise_iou, dim3(2), dim3(kBlockThreads), kind, convention, n, of(a), of(b), of(value),
                         of(slope));
        CHECK(same(value, expected));
        CHECK(same(slope, expected_slope));
        std::vector<double> alone(size, 7);
        emulator::launch("pairwise_iou", ::pairwise_iou, dim3(1), dim3(kBlockThreads), kind, convention, n, of(a), of(b), of(alone),
                         Elements{ElementType::kF64, 0, nullptr});
        CHECK(same(alone, expected));
      }
    }
  }
}

TEST_CASE("dense targets have the CPU's bits") {
  for (const long long n : kSizes) {
    std::vector<double> x = drawn(n, -100, 100, 3), t = drawn(n, 0, 1, 4);
    const auto size = static_cast<size_t>(n);
    std::vector<double> value(size, 7), expected(size, 9), slope(size, 7), expected_slope(size, 9);
    sigmoid_bce_elements(n, 2.5, 8, of(x), of(t), of(expected), of(expected_slope));
    const SigmoidBceOptions options{2.5, 0, 0, 8, nullptr, 0, 0};
    emulator::launch("sigmoid_bce", ::sigmoid_bce, dim3(2), dim3(kBlockThreads), n, options, of(x), of(t), of(value), of(slope));
    CHECK(same(value, expected));
    CHECK(same(slope, expected_slope));
  }
}

TEST_CASE("one-hot targets are smoothed and may be focal") {
  constexpr int32_t classes = 7;
  for (const int32_t rows : {1, 5, 73}) {
    const long long n = rows * classes;
    std::vector<double> x = drawn(n, -40, 40, 5);
    std::vector<int32_t> categories;
    for (int32_t row = 0; row < rows; ++row) categories.push_back(row * 3 % classes);
    for (const double gamma : {0.0, 1.5}) {
      const SigmoidBceOptions options{1.25, gamma, 0.1, 2, categories.data(), classes, 0};
      std::vector<double> value(static_cast<size_t>(n), 7), slope(static_cast<size_t>(n), 7);
      emulator::launch("sigmoid_bce", ::sigmoid_bce, dim3(1), dim3(kBlockThreads), n, options, of(x),
                       Elements{ElementType::kF64, 0, nullptr}, of(value), of(slope));
      for (long long i = 0; i < n; ++i) {
        const bool asked = categories[static_cast<size_t>(i / classes)] == i % classes;
        const ValueAndSlope<double> term = focal_bce(BceForm::kFromLogits, x[static_cast<size_t>(i)], asked ? 0.95 : 0.05, 1.25, gamma);
        CHECK(fabs(value[static_cast<size_t>(i)] - term.value) <= 1e-12 * fabs(term.value));
        CHECK(fabs(slope[static_cast<size_t>(i)] - 2 * term.slope) <= 1e-12 * fabs(2 * term.slope) + 1e-15);
      }
    }
  }
}

TEST_CASE("results are rounded to the type that is asked for") {
  std::vector<double> x = drawn(300, -8, 8, 6), t = drawn(300, 0, 1, 7), exact(300), exact_slope(300);
  const SigmoidBceOptions options{1, 0, 0, 1, nullptr, 0, 0};
  emulator::launch("sigmoid_bce", ::sigmoid_bce, dim3(1), dim3(kBlockThreads), 300LL, options, of(x), of(t), of(exact), of(exact_slope));
  for (const ElementType type : {ElementType::kF32, ElementType::kF16, ElementType::kBf16}) {
    std::vector<float> value(300), slope(300);  // room for any of them
    emulator::launch("sigmoid_bce", ::sigmoid_bce, dim3(1), dim3(kBlockThreads), 300LL, options, of(x), of(t),
                     Elements{type, 0, value.data()}, Elements{type, 0, slope.data()});
    for (int i = 0; i < 300; ++i) {
      double rounded = 0;  // room for any type
      store_element(type, &rounded, 0, static_cast<float>(exact[static_cast<size_t>(i)]));
      CHECK(load_element(type, value.data(), i) == load_element(type, &rounded, 0));
    }
  }
}

}  // namespace
}  // namespace yololoss
