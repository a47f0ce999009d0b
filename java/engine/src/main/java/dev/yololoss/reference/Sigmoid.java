package dev.yololoss.reference;

/** The logistic function. */
final class Sigmoid {
  private Sigmoid() {}

  static double of(double x) {
    double e = Math.exp(-Math.abs(x));
    return (x >= 0 ? 1 : e) / (1 + e);
  }

  /** Its derivative s (1 - s), exact on both tails. */
  static double slope(double x) {
    double e = Math.exp(-Math.abs(x));
    return e / ((1 + e) * (1 + e));
  }
}
