package dev.yololoss.trainer.check;

/**
 * How far numbers are from those in the file.
 *
 * @param worst the largest deviation found, relative as the comparison says; NaN or infinite where
 *     one side is and the other is not
 * @param passes whether every number is within tolerance
 */
record Deviation(double worst, boolean passes) {
  static final Deviation NONE = new Deviation(0, true);

  /**
   * Single numbers, each relative to the expected one. A NaN where none is recomputed is passed
   * over.
   */
  static Deviation ofNumbers(double[] actual, double[] expected, double tolerance) {
    if (actual.length != expected.length) {
      return new Deviation(Double.POSITIVE_INFINITY, false);
    }
    Deviation deviation = NONE;
    for (int i = 0; i < actual.length; i++) {
      deviation =
          deviation.and(
              ofPair(
                  actual[i],
                  expected[i],
                  Math.abs(expected[i]),
                  tolerance * Math.abs(expected[i])));
    }
    return deviation;
  }

  /**
   * A tensor's elements, each within {@code element} of itself plus {@code floor} of the largest;
   * the worst is relative to the largest.
   */
  static Deviation ofTensor(double[] actual, double[] expected, Tolerance tolerance) {
    if (actual.length != expected.length) {
      return new Deviation(Double.POSITIVE_INFINITY, false);
    }
    double largest = 0;
    for (double e : expected) {
      largest = Double.isFinite(e) ? Math.max(largest, Math.abs(e)) : largest;
    }
    Deviation deviation = NONE;
    for (int i = 0; i < actual.length; i++) {
      double allowed = tolerance.element() * Math.abs(expected[i]) + tolerance.floor() * largest;
      deviation = deviation.and(ofPair(actual[i], expected[i], largest, allowed));
    }
    return deviation;
  }

  Deviation and(Deviation other) {
    return new Deviation(
        Double.isNaN(other.worst) || other.worst > worst ? other.worst : worst,
        passes && other.passes);
  }

  /** NaN and infinity must stand in the same places; there is no distance to them. */
  private static Deviation ofPair(double actual, double expected, double scale, double allowed) {
    if (!Double.isFinite(actual) || !Double.isFinite(expected)) {
      boolean same = Double.compare(actual, expected) == 0;
      return new Deviation(same ? 0 : Double.POSITIVE_INFINITY, same);
    }
    double distance = Math.abs(actual - expected);
    return new Deviation(
        distance == 0 ? 0 : distance / Math.max(scale, Double.MIN_NORMAL), distance <= allowed);
  }
}
