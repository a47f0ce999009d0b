// The sigmoid, and binary cross-entropy behind it: value and slope by the logit.
//
//   from the logit      bce(x, t; p) = (1 - t) x + (1 + (p - 1) t) softplus(-x)
//   of the probability  -t max(log p, -100) - (1 - t) max(log(1 - p), -100), slope (p - t) / max(p (1 - p), 1e-12) * p (1 - p)
//
//   x logit (any), t target in [0, 1], soft targets allowed, p weight of the positive part.
//
// From the logit the linear part is written for each sign of x: (1 - t) x + softplus(-x) cancels for very negative x.
#pragma once

#include <math.h>

#include "annotations.h"
#include "loss_description.h"

namespace yololoss {

template <typename Real>
struct ValueAndSlope {
  Real value;
  Real slope;
};

YL_HOST_DEVICE double sigmoid(double x) {
  const double e = exp(-fabs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

// s (1 - s), exact on both tails.
YL_HOST_DEVICE double sigmoid_slope(double x) {
  const double e = exp(-fabs(x));
  return e / ((1 + e) * (1 + e));
}

// Both from one exponential.
YL_HOST_DEVICE ValueAndSlope<double> sigmoid_and_slope(double x) {
  const double e = exp(-fabs(x)), inverse = 1 / (1 + e);
  return {x >= 0 ? inverse : e * inverse, e * (inverse * inverse)};
}

template <typename Real>
YL_HOST_DEVICE ValueAndSlope<Real> sigmoid_bce(Real logit, Real target, Real positive_weight) {
  const Real e = exp(-fabs(logit));
  const Real log_part = log1p(e);
  const Real tail = e / (1 + e);
  const Real positive = positive_weight * target, negative = 1 - target;
  const Real weight = negative + positive;
  if (logit >= 0) return {negative * logit + weight * log_part, negative - weight * tail};
  return {weight * log_part - positive * logit, weight * tail - positive};
}

// As torch's BCELoss on 1 / (1 + e^-x); in double, since its clamps act where float has long saturated.
YL_HOST_DEVICE ValueAndSlope<double> probability_bce(double logit, double target) {
  const double p = 1 / (1 + exp(-logit));
  const double log_miss = log1p(-p), log_hit = log(p);
  const double value = (target - 1) * (log_miss < -100 ? -100 : log_miss) - target * (log_hit < -100 ? -100 : log_hit);
  const double variance = p * (1 - p);
  return {value, (p - target) / (variance < 1e-12 ? 1e-12 : variance) * variance};
}

YL_HOST_DEVICE ValueAndSlope<double> bce(BceForm form, double logit, double target, double positive_weight) {
  return form == BceForm::kFromLogits ? sigmoid_bce(logit, target, positive_weight) : probability_bce(logit, target);
}

// A BCE from logits with the focal factor (0.25 t + 0.75 (1 - t)) (1 - p_t)^gamma, 1 - p_t = t (1 - p) + (1 - t) p; the slope goes
// through both factors. Gamma 0 means no focal factor at all.
YL_HOST_DEVICE ValueAndSlope<double> focal_bce(BceForm form, double logit, double target, double positive_weight, double gamma) {
  const ValueAndSlope<double> plain = bce(form, logit, target, positive_weight);
  if (gamma == 0) return plain;
  const double p = sigmoid(logit), q = sigmoid(-logit);
  const double miss = target * q + (1 - target) * p;
  const double miss_slope = (1 - 2 * target) * sigmoid_slope(logit);
  const double alpha = 0.25 * target + 0.75 * (1 - target);
  const double factor = pow(miss, gamma);
  // the quotient first: miss^(gamma - 1) alone overflows for the smallest misses
  const double factor_slope = miss > 0 ? gamma * factor * (miss_slope / miss) : 0;
  return {alpha * plain.value * factor, alpha * (plain.slope * factor + plain.value * factor_slope)};
}

}  // namespace yololoss
