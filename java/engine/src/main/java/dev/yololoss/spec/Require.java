package dev.yololoss.spec;

import java.util.List;

/** Checks of one field's value, each with a message that names field, value and range. */
final class Require {
  private Require() {}

  static void finiteAtLeast(String field, double value, double least) {
    if (!(value >= least && value < Double.POSITIVE_INFINITY)) {
      throw new SpecException(field + " is " + value + "; must be finite and at least " + least);
    }
  }

  static void positive(String field, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new SpecException(field + " is " + value + "; must be finite and greater than 0");
    }
  }

  static void within(String field, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new SpecException(field + " is " + value + "; must lie in " + least + ".." + most);
    }
  }

  static void present(String field, Object value) {
    if (value == null) {
      throw new SpecException(field + " is missing");
    }
  }

  static void positives(String field, List<Double> values) {
    for (int i = 0; i < values.size(); i++) {
      positive(field + "[" + i + "]", values.get(i));
    }
  }
}
