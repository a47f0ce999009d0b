// Holds the float loops to the errors that lanes.h states.
#include <doctest/doctest.h>
#include <math.h>
#include <stdio.h>

#include <random>
#include <string>
#include <vector>

#include "float_steps.h"
#include "lanes.h"
#include "vector_math_probe.h"

namespace yololoss {
namespace {

struct Machine {
  const Lanes* lanes;
  const VectorMathProbe* probe;
};

std::vector<Machine> machines() {
  std::vector<Machine> all{{&baseline_lanes(), &probe_baseline}};
#ifdef YL_HAS_AVX2
  if (avx2_lanes()) all.push_back({avx2_lanes(), &probe_avx2});
#endif
  return all;
}

void hold(const char* lanes, const char* function, const Worst& worst, double most) {
  printf("%-8s %-16s error %6.3f ULP at %a (stated %g)\n", lanes, function, worst.ulp, static_cast<double>(worst.at), most);
  INFO(std::string(lanes) << " " << std::string(function) << " at " << worst.at);
  CHECK(worst.ulp <= most);
}

double true_sigmoid(double x) { return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)); }
double true_softplus(double x) { return (x > 0 ? x : 0) + (isnan(x) ? x : log1p(exp(-fabs(x)))); }

// Positive weight p: value (1 - t) x + w softplus(-x), w = (1 - t) + p t, without cancellation on either side.
double true_bce(double x, double t, double p) {
  const double log_part = log1p(exp(-fabs(x))), weight = (1 - t) + p * t;
  return weight * log_part + (x >= 0 ? (1 - t) * x : -p * t * x);
}
double true_bce_slope(double x, double t, double p) {
  const double weight = (1 - t) + p * t;
  return x >= 0 ? (1 - t) - weight * true_sigmoid(-x) : weight * true_sigmoid(x) - p * t;
}

TEST_CASE("exp over floats of every exponent") {
  for (const Machine& machine : machines()) {
    const Lanes& lanes = *machine.lanes;
    Worst exponential, shifted, scaled;
    std::vector<float> a(2048), b(2048), c(2048);
    for_floats([&](const float* x, int n) {
      machine.probe->exp(x, n, a.data());
      lanes.exp_shifted(x, n, 0.0f, b.data());
      lanes.scaled_exp(x, n, 1.0f, c.data());
      for (int i = 0; i < n; ++i) {
        const double truth = exp(static_cast<double>(x[i])), error = error_in_ulp(a[i], truth);
        exponential.note(x[i], error);
        shifted.note(x[i], bits_from(b[i]) == bits_from(a[i]) ? error : error_in_ulp(b[i], truth));
        scaled.note(x[i], bits_from(c[i]) == bits_from(a[i]) ? error : error_in_ulp(c[i], truth));
      }
    });
    hold(lanes.name, "exp", exponential, 2);
    hold(lanes.name, "exp_shifted", shifted, 2);
    hold(lanes.name, "scaled_exp", scaled, 2);
  }
}

TEST_CASE("sigmoid, softplus and squared sigmoid over floats of every exponent") {
  for (const Machine& machine : machines()) {
    const Lanes& lanes = *machine.lanes;
    Worst logistic, value, slope, chance, square, square_slope;
    std::vector<float> a(2048), b(2048), c(2048);
    for_floats([&](const float* x, int n) {
      std::vector<double> s(n);
      for (int i = 0; i < n; ++i) s[i] = true_sigmoid(static_cast<double>(x[i]));
      lanes.sigmoid(x, n, a.data());
      for (int i = 0; i < n; ++i) logistic.note(x[i], error_in_ulp(a[i], s[i]));
      lanes.softplus(x, n, a.data(), b.data(), c.data());
      for (int i = 0; i < n; ++i) {
        value.note(x[i], error_in_ulp(a[i], true_softplus(static_cast<double>(x[i]))));
        slope.note(x[i], error_in_ulp(b[i], s[i]));
        chance.note(x[i], error_in_ulp(c[i], s[i]));
      }
      lanes.squared_sigmoid(x, n, a.data(), b.data(), c.data());
      for (int i = 0; i < n; ++i) {
        square.note(x[i], error_in_ulp(a[i], s[i] * s[i]));
        square_slope.note(x[i], error_in_ulp(b[i], 2 * s[i] * s[i] * true_sigmoid(-static_cast<double>(x[i]))));
        chance.note(x[i], error_in_ulp(c[i], s[i]));
      }
    });
    hold(lanes.name, "sigmoid", logistic, 3);
    hold(lanes.name, "softplus", value, 3);
    hold(lanes.name, "softplus slope", slope, 3);
    hold(lanes.name, "probability", chance, 3);
    hold(lanes.name, "squared sigmoid", square, 6);
    hold(lanes.name, "its slope", square_slope, 7);
  }
}

TEST_CASE("log1p over floats of 0..1") {
  for (const Machine& machine : machines()) {
    Worst worst;
    std::vector<float> out(2048);
    const auto run = [&](const float* x, int n) {
      machine.probe->log1p(x, n, out.data());
      for (int i = 0; i < n; ++i) worst.note(x[i], error_in_ulp(out[i], log1p(static_cast<double>(x[i]))));
    };
    for_float_runs(0, bits_from(1.0f), run);
    const float edges[] = {1.0f, nextafterf(1.0f, 0.0f), FLT_MIN, FLT_TRUE_MIN, NAN};
    run(edges, 5);
    hold(machine.lanes->name, "log1p", worst, 2);
  }
}

// The value has no cancellation. The slope has, where the sigmoid meets the target, so that its error is measured in ULP of the larger
// of its two terms.
TEST_CASE("bce over floats of every exponent") {
  for (const Machine& machine : machines()) {
    for (const float t : {0.0f, 1.0f, 0.5f, 0.95f, 0.0125f, 1e-6f}) {
      for (const float p : {1.0f, 0.25f, 3.5f, 1e-3f, 1e-6f}) {
        if (t != 1.0f && (p < 0.25f || (t != 0.95f && p != 1.0f))) continue;
        Worst value, slope, value_of_each, slope_of_each;
        const double target = static_cast<double>(t), weight = static_cast<double>(p);
        const std::vector<float> targets(2048, t);
        std::vector<float> a(2048), b(2048);
        const auto note = [&](const float* x, int n, Worst* values, Worst* slopes) {
          for (int i = 0; i < n; ++i) {
            const double wide = static_cast<double>(x[i]);
            // 0 times infinity: an infinite logit on the right side of a hard target has no number
            if (isinf(x[i]) && isnan(a[i])) continue;
            values->note(x[i], error_in_ulp(a[i], true_bce(wide, target, weight)));
            const double truth = true_bce_slope(wide, target, weight);
            const double larger = std::max({fabs(truth), wide >= 0 ? 1 - target : weight * target, static_cast<double>(FLT_MIN)});
            slopes->note(
                x[i], isnan(truth) || isnan(b[i]) ? error_in_ulp(b[i], truth) : fabs(static_cast<double>(b[i]) - truth) / ulp_at(larger));
          }
        };
        for_floats(
            [&](const float* x, int n) {
              machine.lanes->bce(x, n, t, p, a.data(), b.data());
              note(x, n, &value, &slope);
              machine.lanes->bce_each(x, targets.data(), n, p, a.data(), b.data());
              note(x, n, &value_of_each, &slope_of_each);
            },
            float_step(13));
        INFO("target " << t << ", positive weight " << p);
        hold(machine.lanes->name, "bce", value, 6);
        hold(machine.lanes->name, "bce slope", slope, 6);
        hold(machine.lanes->name, "bce of each", value_of_each, 6);
        hold(machine.lanes->name, "its slope", slope_of_each, 6);
      }
    }
  }
}

// In ULP of double, which for subnormal results is 2^-1074.
double error_in_wide_ulp(double found, long double truth) {
  if (isnan(found) || isnan(truth)) return isnan(found) && isnan(truth) ? 0 : HUGE_VAL;
  if (isinf(found)) return truth > static_cast<long double>(DBL_MAX) ? 0 : HUGE_VAL;
  const int exponent = truth == 0 ? -1022 : std::clamp(ilogb(truth), -1022, 1023);
  return static_cast<double>(fabsl(static_cast<long double>(found) - truth) / ldexpl(1.0L, exponent - 52));
}

TEST_CASE("exp and sigmoid of doubles") {
  std::vector<double> x{0.0,    -0.0,   1e-300,   -1e-300,   5e-324,
                        0.5,    -0.5,   700.0,    -700.0,    708.3,
                        -708.4, 709.7,  709.79,   710.0,     711.0,
                        745.0,  -745.1, -745.2,   -746.0,    -800.0,
                        1e308,  -1e308, HUGE_VAL, -HUGE_VAL, static_cast<double>(NAN)};
  std::mt19937_64 random(5);
  for (int n = 0; n < 300001; ++n) {
    const double unit = static_cast<double>(random() >> 11) * 0x1p-53;
    x.push_back(n % 3 == 0 ? 1500 * unit - 750 : n % 3 == 1 ? 40 * unit - 20 : ldexp(2 * unit - 1, static_cast<int>(random() % 60) - 50));
  }
  const int n = static_cast<int>(x.size());
  for (const Machine& machine : machines()) {
    std::vector<double> e(n), s(n), in_place = x;
    machine.lanes->wide_exp_shifted(x.data(), n, 0.0, e.data());
    machine.lanes->wide_sigmoid(x.data(), n, s.data());
    machine.lanes->wide_sigmoid(in_place.data(), n, in_place.data());
    double exp_error = 0, sigmoid_error = 0;
    for (int i = 0; i < n; ++i) {
      const long double wide = x[i];
      exp_error = fmax(exp_error, error_in_wide_ulp(e[i], expl(wide)));
      sigmoid_error = fmax(sigmoid_error, error_in_wide_ulp(s[i], wide >= 0 ? 1 / (1 + expl(-wide)) : expl(wide) / (1 + expl(wide))));
      CHECK_UNARY(memcmp(&in_place[i], &s[i], sizeof(double)) == 0);
    }
    printf("%-8s wide exp         error %6.3f ULP (stated 2)\n%-8s wide sigmoid     error %6.3f ULP (stated 3)\n", machine.lanes->name,
           exp_error, machine.lanes->name, sigmoid_error);
    CHECK(exp_error <= 2);
    CHECK(sigmoid_error <= 3);
  }
}

struct Focal {
  double value, slope;
  double condition;  // how many times more the value reacts to a relative change inside the power than a sum does
  double larger;     // of the numbers that the slope adds up
};

// (0.25 t + 0.75 (1 - t)) bce miss^gamma, miss = t (1 - p) + (1 - t) p, without cancellation but where the slope crosses 0.
Focal true_focal(double x, double t, double weight_of_positive, double gamma) {
  const double p = true_sigmoid(x), q = true_sigmoid(-x), weight = 1 + (weight_of_positive - 1) * t;
  const double miss = t * q + (1 - t) * p, alpha = 0.25 * t + 0.75 * (1 - t);
  // p and q underflow where their logarithms are just -|x|
  const double log_p = (x >= 0 ? 0 : x) - log1p(exp(-fabs(x))), log_q = (x >= 0 ? -x : 0) - log1p(exp(-fabs(x)));
  const double log_miss = t == 0 ? log_p : t == 1 ? log_q : log(miss);
  const double factor = exp(gamma * log_miss), bce = true_bce(x, t, weight_of_positive);
  const double relative = t == 0 ? q : t == 1 ? -p : (1 - 2 * t) * p * q / miss;
  const double constant = x >= 0 ? 1 - t : weight_of_positive * t, tail = weight * std::min(p, q);
  const double first = alpha * factor * true_bce_slope(x, t, weight_of_positive), second = alpha * gamma * factor * (bce * relative);
  return {alpha * bce * factor, first + second, 1 + gamma * fabs(log_miss),
          std::max({alpha * factor * std::max(constant, tail), fabs(second), static_cast<double>(FLT_MIN)})};
}

// Finite logits: a NaN or an infinity is not left to the lanes. Errors are measured in ULP, of the larger term where the slope's cancel,
// and divided by 1 + gamma |log miss|: that much a power amplifies what is wrong inside it.
TEST_CASE("focal lanes over finite floats of every exponent") {
  const uint32_t step = float_step(307);
  for (const Machine& machine : machines()) {
    std::vector<float> a(2048), b(2048), c(2048);
    Worst plain_value, plain_slope, value, slope, chance;
    for (const float gamma : {0.25f, 1.0f, 1.5f, 2.5f}) {
      for_floats(
          [&](const float* x, int n) {
            machine.lanes->focal_softplus(x, n, gamma, a.data(), b.data(), c.data());
            for (int i = 0; i < n; ++i) {
              if (!isfinite(x[i])) continue;
              const Focal truth = true_focal(static_cast<double>(x[i]), 0, 1, static_cast<double>(gamma));
              plain_value.note(x[i], error_in_ulp(a[i], truth.value) / truth.condition);
              plain_slope.note(x[i], error_in_ulp(b[i], truth.slope) / truth.condition);
              chance.note(x[i], error_in_ulp(c[i], true_sigmoid(static_cast<double>(x[i]))));
            }
          },
          step);
      for (const float t : {0.0f, 1.0f, 0.5f, 0.95f, 0.0125f, 1e-6f}) {
        for (const float p : {1.0f, 0.25f, 3.5f, 1000.0f}) {
          if (t != 0.95f && p != 1.0f) continue;
          for_floats(
              [&](const float* x, int n) {
                machine.lanes->focal_bce(x, n, t, p, gamma, a.data(), b.data());
                for (int i = 0; i < n; ++i) {
                  if (!isfinite(x[i])) continue;
                  const Focal truth =
                      true_focal(static_cast<double>(x[i]), static_cast<double>(t), static_cast<double>(p), static_cast<double>(gamma));
                  value.note(x[i], error_in_ulp(a[i], truth.value) / truth.condition);
                  const double error = isfinite(b[i]) ? fabs(static_cast<double>(b[i]) - truth.slope) / ulp_at(truth.larger)
                                                      : static_cast<double>(HUGE_VALF);
                  slope.note(x[i], error / truth.condition);
                }
              },
              step);
        }
      }
    }
    hold(machine.lanes->name, "focal softplus", plain_value, 6);
    hold(machine.lanes->name, "its slope", plain_slope, 8);
    hold(machine.lanes->name, "its probability", chance, 3);
    hold(machine.lanes->name, "focal bce", value, 8);
    hold(machine.lanes->name, "its slope", slope, 12);
  }
}

TEST_CASE("halves: every pattern and every tie") {
  for (const Machine& machine : machines()) {
    const Lanes& lanes = *machine.lanes;
    std::vector<uint16_t> half(65536), back(65536);
    std::vector<float> wide(65536);
    for (int i = 0; i < 65536; ++i) half[i] = static_cast<uint16_t>(i);
    lanes.from_f16(half.data(), 65536, wide.data());
    lanes.to_f16(wide.data(), 65536, back.data());
    int wrong = 0;
    for (int i = 0; i < 65536; ++i) {
      const int exponent = (i >> 10) & 31, fraction = i & 1023;
      const double magnitude = exponent == 31  ? (fraction ? static_cast<double>(NAN) : HUGE_VAL)
                               : exponent == 0 ? ldexp(fraction, -24)
                                               : ldexp(1024 + fraction, exponent - 25);
      const double truth = i & 0x8000 ? -magnitude : magnitude;
      const bool nan = exponent == 31 && fraction;
      wrong += nan ? !isnan(wide[i]) : bits_from(static_cast<float>(truth)) != bits_from(wide[i]);
      wrong += nan ? (back[i] & 0x7e00) != 0x7e00 || (back[i] & 0x8000) != (i & 0x8000) : back[i] != half[i];
    }
    CHECK(wrong == 0);
    // between each finite half and the next one (the last is followed by 65536, which is infinity)
    for (int i = 0; i < 0x7c00; ++i) {
      const double low = static_cast<double>(wide[i]), high = i == 0x7bff ? 65536.0 : static_cast<double>(wide[i + 1]);
      const float tie = static_cast<float>((low + high) / 2);
      const float floats[] = {nextafterf(tie, 0.0f), tie, nextafterf(tie, HUGE_VALF), -tie};
      uint16_t got[4];
      lanes.to_f16(floats, 4, got);
      const int even = i % 2 == 0 ? i : i + 1;
      wrong += got[0] != i || got[1] != even || got[2] != i + 1 || got[3] != (even | 0x8000);
    }
    CHECK(wrong == 0);
    for_floats([&](const float* x, int n) {
      lanes.to_f16(x, n, back.data());
      for (int i = 0; i < n; ++i) {
        if (fabsf(x[i]) >= 65520.0f) wrong += (back[i] & 0x7fff) != 0x7c00;
        if (isnan(x[i])) wrong += (back[i] & 0x7c00) != 0x7c00 || (back[i] & 0x3ff) == 0;
      }
    });
    CHECK(wrong == 0);
  }
}

TEST_CASE("bfloats: every pattern and every tie") {
  for (const Machine& machine : machines()) {
    const Lanes& lanes = *machine.lanes;
    std::vector<uint16_t> half(65536), back(65536);
    std::vector<float> wide(65536);
    for (int i = 0; i < 65536; ++i) half[i] = static_cast<uint16_t>(i);
    lanes.from_bf16(half.data(), 65536, wide.data());
    lanes.to_bf16(wide.data(), 65536, back.data());
    int wrong = 0;
    for (int i = 0; i < 65536; ++i) {
      wrong += bits_from(wide[i]) != static_cast<uint32_t>(i) << 16;
      const bool nan = (i & 0x7f80) == 0x7f80 && (i & 0x7f);
      wrong += nan ? back[i] != (i | 0x40) : back[i] != half[i];
    }
    for (uint32_t i = 0; i < 0x7f80u; ++i) {
      const uint32_t tie = (i << 16) + 0x8000u;
      const float floats[] = {float_from(tie - 1), float_from(tie), float_from(tie + 1), float_from(tie | 0x80000000u)};
      uint16_t got[4];
      lanes.to_bf16(floats, 4, got);
      const uint32_t even = i + i % 2;
      wrong += got[0] != i || got[1] != even || got[2] != i + 1 || got[3] != (even | 0x8000u);
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("all_within and range see every value, and no NaN hides one") {
  for (const Machine& machine : machines()) {
    for (int n = 1; n <= 37; ++n) {
      std::vector<float> values(n, -1.5f);
      CHECK(machine.lanes->all_within(values.data(), n, 1.5f));
      for (int i = 0; i < n; ++i) {
        float least, most;
        for (const float bad : {1.5625f, -1.5625f, HUGE_VALF, -HUGE_VALF, static_cast<float>(NAN)}) {
          values[i] = bad;
          CHECK_FALSE(machine.lanes->all_within(values.data(), n, 1.5f));
          machine.lanes->range(values.data(), n, &least, &most);
          const bool alone = n == 1 && isnan(bad);
          CHECK(least == (alone ? HUGE_VALF : bad < -1.5f || n == 1 ? bad : -1.5f));
          CHECK(most == (alone ? -HUGE_VALF : bad > -1.5f || n == 1 ? bad : -1.5f));
        }
        values[i] = -1.5f;
      }
    }
  }
}

TEST_CASE("all_finite sees one bad value anywhere, sum adds up") {
  for (const Machine& machine : machines()) {
    for (int n = 0; n <= 67; ++n) {
      std::vector<float> values(n, FLT_MAX);
      CHECK(machine.lanes->all_finite(values.data(), n));
      for (int i = 0; i < n; ++i) {
        for (const float bad : {HUGE_VALF, -HUGE_VALF, static_cast<float>(NAN)}) {
          values[i] = bad;
          CHECK_FALSE(machine.lanes->all_finite(values.data(), n));
        }
        values[i] = static_cast<float>(i);
      }
      CHECK(machine.lanes->sum(values.data(), n) == n * (n - 1) / 2);
    }
  }
}

// Negative control: the comparison finds an error of one part in a million, a lost infinity and a lost NaN.
TEST_CASE("errors show") {
  Worst worst;
  for_floats([&](const float* x, int n) {
    for (int i = 0; i < n; ++i) {
      const double e = exp(static_cast<double>(x[i]));
      worst.note(x[i], error_in_ulp(static_cast<float>(e * (1 + 1e-6)), e));
    }
  });
  CHECK(worst.ulp > 5);
  CHECK(error_in_ulp(FLT_MAX, HUGE_VAL) == 1);
  CHECK(error_in_ulp(1.0f, HUGE_VAL) > 1e6);
  CHECK(error_in_ulp(0.0f, NAN) == HUGE_VAL);
  CHECK(error_in_ulp(NAN, 0.0) == HUGE_VAL);
  CHECK(error_in_ulp(nextafterf(1.0f, 2.0f), 1.0) == 1);
  CHECK(error_in_ulp(FLT_TRUE_MIN, 0.0) == 1);
}

}  // namespace
}  // namespace yololoss
