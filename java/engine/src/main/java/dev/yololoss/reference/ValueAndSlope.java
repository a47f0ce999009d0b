package dev.yololoss.reference;

/** A term and its derivative with respect to the logit. */
record ValueAndSlope(double value, double slope) {
  ValueAndSlope times(double factor) {
    return new ValueAndSlope(factor * value, factor * slope);
  }
}
