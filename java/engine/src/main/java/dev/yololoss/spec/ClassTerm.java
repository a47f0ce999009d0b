package dev.yololoss.spec;

import java.util.List;

/**
 * What a match pays for its class probabilities.
 *
 * @param kind the formula
 * @param weight its factor, at least 0
 * @param positiveWeight the weight of the positive part of a BCE from logits, greater than 0
 * @param perClass a factor for each class's terms (softmax: for the terms of matches of that
 *     class), empty for none; divisors stay counts
 * @param labelSmoothing eps of {@code y (1 - eps) + eps / 2}, 0..1
 */
public record ClassTerm(
    Kind kind, double weight, double positiveWeight, List<Double> perClass, double labelSmoothing) {
  /** The formulas. */
  public enum Kind {
    /** Binary cross-entropy of each class: classes need not exclude each other. */
    BCE,
    /** Softmax cross-entropy: classes exclude each other. */
    SOFTMAX_CROSS_ENTROPY,
    /** darknet's delta {@code y - p}. */
    DELTA,
    /** darknet's {@code focal_loss} delta. */
    FOCAL_DELTA
  }

  public ClassTerm {
    Require.present("classification.kind", kind);
    Require.finiteAtLeast("classification.weight", weight, 0);
    Require.positive("classification.positiveWeight", positiveWeight);
    perClass = perClass == null ? List.of() : List.copyOf(perClass);
    for (int i = 0; i < perClass.size(); i++) {
      Require.finiteAtLeast("classification.perClass[" + i + "]", perClass.get(i), 0);
    }
    Require.within("classification.labelSmoothing", labelSmoothing, 0, 1);
  }

  /** The factor of a class. */
  public double weightOf(int category) {
    return perClass.isEmpty() ? 1 : perClass.get(category);
  }
}
