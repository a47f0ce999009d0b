package dev.yololoss.djl;

/** A comparison that NaN cannot pass. */
final class Close {
  private Close() {}

  /** Each element within {@code tolerance} of the larger tensor's largest magnitude. */
  static void assertClose(float[] actual, float[] expected, double tolerance) {
    if (actual.length != expected.length) {
      throw new AssertionError(actual.length + " elements; expected " + expected.length);
    }
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < actual.length; i++) {
      if (!(Math.abs(actual[i] - expected[i]) <= tolerance * largest)) {
        throw new AssertionError("element " + i + " is " + actual[i] + "; expected " + expected[i]);
      }
    }
  }
}
