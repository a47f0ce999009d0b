package dev.yololoss.host;

/**
 * The slope of a BCE from a logit in floats, each operation rounded, with a libm rounded correctly;
 * and the same in double.
 */
record PlainFloats(float target, float positiveWeight, float gamma) {
  static float sigmoid(float x) {
    float e = (float) Math.exp(-Math.abs(x));
    return (x >= 0 ? 1 : e) / (1 + e);
  }

  float slope(float x) {
    float e = (float) Math.exp(-Math.abs(x));
    float tail = e / (1 + e);
    float logPart = (float) Math.log1p(e);
    float weight = 1 + (positiveWeight - 1) * target;
    float bceSlope =
        x >= 0 ? (1 - target) - weight * tail : weight * tail - positiveWeight * target;
    if (gamma == 0) {
      return bceSlope;
    }
    float bce = weight * logPart + (x >= 0 ? (1 - target) * x : -positiveWeight * target * x);
    float p = sigmoid(x);
    float q = sigmoid(-x);
    float miss = target * q + (1 - target) * p;
    float alpha = 0.25f * target + 0.75f * (1 - target);
    float factor = (float) Math.pow(miss, gamma);
    float factorSlope = gamma * (float) Math.pow(miss, gamma - 1) * ((1 - 2 * target) * (p * q));
    return alpha * (bceSlope * factor + bce * factorSlope);
  }

  double exactSlope(double x) {
    double e = Math.exp(-Math.abs(x));
    double tail = e / (1 + e);
    double weight = 1 + (positiveWeight - 1.0) * target;
    double bceSlope =
        x >= 0
            ? (1 - (double) target) - weight * tail
            : weight * tail - (double) positiveWeight * target;
    if (gamma == 0) {
      return bceSlope;
    }
    double bce =
        weight * Math.log1p(e)
            + (x >= 0 ? (1 - (double) target) * x : -(double) positiveWeight * target * x);
    double p = x >= 0 ? 1 / (1 + e) : tail;
    double q = x >= 0 ? tail : 1 / (1 + e);
    double miss = target * q + (1 - (double) target) * p;
    double alpha = 0.25 * target + 0.75 * (1 - (double) target);
    double factor = Math.pow(miss, gamma);
    return alpha * (bceSlope * factor + bce * gamma * factor * ((1 - 2.0 * target) * p * q / miss));
  }

  /** The largest of the numbers that the slope adds up, which cancel where it crosses 0. */
  double magnitude(double x) {
    double p = 1 / (1 + Math.exp(-x));
    double weight = 1 + (positiveWeight - 1.0) * target;
    double constant = x >= 0 ? 1 - (double) target : (double) positiveWeight * target;
    double tail = weight * Math.min(p, 1 - p);
    double largest = Math.max(constant, tail);
    if (gamma == 0) {
      return largest;
    }
    double miss = target * (1 - p) + (1 - (double) target) * p;
    double alpha = 0.25 * target + 0.75 * (1 - (double) target);
    double bce =
        weight * Math.log1p(Math.exp(-Math.abs(x)))
            + (x >= 0 ? (1 - (double) target) * x : -(double) positiveWeight * target * x);
    double second = gamma * bce * Math.abs(1 - 2.0 * target) * p * (1 - p) / miss;
    return alpha * Math.pow(miss, gamma) * Math.max(largest, second);
  }
}
