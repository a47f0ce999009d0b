package dev.yololoss.trainer.check;

/**
 * How far numbers are from those in the file.
 *
 * @param worst the largest deviation found, relative as the comparison says; infinite where one
 *     side is not finite and the other differs
 * @param compared how many numbers were compared
 * @param firstMiss the first number out of tolerance, in words; empty if there is none
 */
record Deviation(double worst, long compared, String firstMiss) {
  static final Deviation NONE = new Deviation(0, 0, "");

  /** Something that cannot be compared number by number. */
  static Deviation miss(String what) {
    return new Deviation(Double.POSITIVE_INFINITY, 1, what);
  }

  /** One number, within {@code tolerance} of itself plus {@code floor}. */
  static Deviation ofNumber(
      String name, int index, double actual, double expected, double tolerance, double floor) {
    double scale = Math.abs(expected);
    return ofPair(name, index, actual, expected, scale, tolerance * scale + floor);
  }

  /** Single numbers, each relative to the expected one. */
  static Deviation ofNumbers(String name, double[] actual, double[] expected, double tolerance) {
    if (actual.length != expected.length) {
      return otherLength(name, actual, expected);
    }
    Deviation deviation = NONE;
    for (int i = 0; i < actual.length; i++) {
      deviation = deviation.and(ofNumber(name, i, actual[i], expected[i], tolerance, 0));
    }
    return deviation;
  }

  /**
   * A tensor's elements, each within {@code element} of itself plus {@code floor} of the largest,
   * and all together within {@code norm} of the tensor's Euclidean norm; the worst is relative to
   * the largest.
   */
  static Deviation ofTensor(String name, double[] actual, double[] expected, Tolerance tolerance) {
    if (actual.length != expected.length) {
      return otherLength(name, actual, expected);
    }
    double largest = 0;
    for (double e : expected) {
      largest = Double.isFinite(e) ? Math.max(largest, Math.abs(e)) : largest;
    }
    Deviation deviation = NONE;
    for (int i = 0; i < actual.length; i++) {
      double allowed = tolerance.element() * Math.abs(expected[i]) + tolerance.floor() * largest;
      deviation = deviation.and(ofPair(name, i, actual[i], expected[i], largest, allowed));
    }
    return deviation.and(ofNorm(name, actual, expected, largest, tolerance.norm()));
  }

  /** Counts no number of its own. What is not finite on either side has been compared already. */
  private static Deviation ofNorm(
      String name, double[] actual, double[] expected, double largest, double tolerance) {
    double distance = 0;
    double norm = 0;
    for (int i = 0; i < actual.length; i++) {
      if (Double.isFinite(actual[i]) && Double.isFinite(expected[i]) && largest > 0) {
        // Divided by the largest first, so that no square leaves the range of double.
        distance += square((actual[i] - expected[i]) / largest);
        norm += square(expected[i] / largest);
      }
    }
    double share = Math.sqrt(distance / norm);
    return share > tolerance
        ? new Deviation(0, 0, name + " is off by " + share + " of its norm; allowed " + tolerance)
        : NONE;
  }

  private static double square(double value) {
    return value * value;
  }

  boolean passes() {
    return firstMiss.isEmpty();
  }

  Deviation and(Deviation other) {
    return new Deviation(
        Math.max(worst, other.worst),
        compared + other.compared,
        firstMiss.isEmpty() ? other.firstMiss : firstMiss);
  }

  static Deviation otherLength(String name, double[] actual, double[] expected) {
    return miss(
        name + " has " + expected.length + " numbers in the file; computed are " + actual.length);
  }

  /** NaN and infinity must stand in the same places; there is no distance to them. */
  private static Deviation ofPair(
      String name, int index, double actual, double expected, double scale, double allowed) {
    double deviation;
    boolean passes;
    if (Double.isFinite(actual) && Double.isFinite(expected)) {
      double distance = Math.abs(actual - expected);
      deviation = distance == 0 ? 0 : distance / Math.max(scale, Double.MIN_NORMAL);
      passes = distance <= allowed;
    } else {
      passes = Double.compare(actual, expected) == 0;
      deviation = passes ? 0 : Double.POSITIVE_INFINITY;
    }
    return new Deviation(
        deviation,
        1,
        passes ? "" : name + "[" + index + "] is " + actual + "; expected " + expected);
  }
}
