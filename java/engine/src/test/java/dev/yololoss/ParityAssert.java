package dev.yololoss;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Compares numbers that should agree.
 *
 * <p>NaN and the infinities must stand at the same places before any value is looked at, since a
 * NaN would pass every comparison of differences. Then each value may be off by a share of itself
 * plus a share of the largest one.
 */
public final class ParityAssert {
  private static final int SHOWN = 5;

  private final double ofItself;
  private final double ofLargest;

  private ParityAssert(double ofItself, double ofLargest) {
    if (!(ofItself >= 0 && ofItself < 1 && ofLargest >= 0 && ofLargest < 1)) {
      throw new IllegalArgumentException(
          "tolerances are " + ofItself + " and " + ofLargest + "; must lie in 0..1");
    }
    this.ofItself = ofItself;
    this.ofLargest = ofLargest;
  }

  /** Nothing may be off; only 0 and -0 are the same. */
  public static ParityAssert exactly() {
    return new ParityAssert(0, 0);
  }

  public static ParityAssert within(double ofItself, double ofLargest) {
    return new ParityAssert(ofItself, ofLargest);
  }

  public void check(String what, double[] expected, double[] actual) {
    check(what, expected, actual, n -> "[" + n + "]");
  }

  public void check(String what, double expected, double actual) {
    check(what, new double[] {expected}, new double[] {actual}, n -> "");
  }

  /** Compares the values of tensors, in whatever order they lie in memory. */
  public void check(String what, List<HeadTensor> expected, List<HeadTensor> actual) {
    if (expected.size() != actual.size()) {
      throw new AssertionError(
          what + ": " + expected.size() + " tensors expected, got " + actual.size());
    }
    for (int layer = 0; layer < expected.size(); layer++) {
      HeadTensor e = expected.get(layer);
      check(
          what + ", layer " + layer,
          TensorValues.of(e),
          TensorValues.of(actual.get(layer)),
          n -> " at " + TensorValues.place(e, n));
    }
  }

  public void check(String what, double[] expected, double[] actual, IntFunction<String> place) {
    if (expected.length != actual.length) {
      throw new AssertionError(
          what + ": " + expected.length + " values expected, got " + actual.length);
    }
    List<Integer> otherKind = new ArrayList<>();
    double largest = 0;
    for (int n = 0; n < expected.length; n++) {
      if (kind(expected[n]) != kind(actual[n])) {
        otherKind.add(n);
      }
      largest = Double.isFinite(expected[n]) ? Math.max(largest, Math.abs(expected[n])) : largest;
    }
    fail(what + ": not finite at different places", otherKind, expected, actual, place);
    List<Integer> off = new ArrayList<>();
    for (int n = 0; n < expected.length; n++) {
      double allowed = ofItself * Math.abs(expected[n]) + ofLargest * largest;
      if (Double.isFinite(expected[n]) && !(Math.abs(actual[n] - expected[n]) <= allowed)) {
        off.add(n);
      }
    }
    fail(
        what
            + ": off by more than "
            + ofItself
            + " of itself + "
            + ofLargest
            + " of the largest, "
            + largest,
        off,
        expected,
        actual,
        place);
  }

  private static int kind(double value) {
    return Double.isNaN(value) ? 2 : Double.isInfinite(value) ? (value > 0 ? 1 : -1) : 0;
  }

  private static void fail(
      String what,
      List<Integer> where,
      double[] expected,
      double[] actual,
      IntFunction<String> place) {
    if (where.isEmpty()) {
      return;
    }
    StringBuilder message =
        new StringBuilder(what + ": " + where.size() + " of " + expected.length + " values");
    for (int n : where.subList(0, Math.min(SHOWN, where.size()))) {
      message.append("\n  expected " + expected[n] + ", got " + actual[n] + place.apply(n));
    }
    throw new AssertionError(message.toString());
  }
}
