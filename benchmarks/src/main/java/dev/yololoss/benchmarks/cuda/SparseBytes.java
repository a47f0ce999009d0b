package dev.yololoss.benchmarks.cuda;

import dev.yololoss.Diagnostics;
import dev.yololoss.HeadTensor;
import dev.yololoss.spec.Ignore;
import dev.yololoss.spec.LossSpec;
import java.util.List;

/**
 * The bytes of predictions and gradients that a step cannot do without, element by element: of each
 * slot its objectness, read and written, and its box where an ignore rule asks for it; of each
 * matched slot all attributes, read and written; and zeros over the matches of the step before, or
 * over everything.
 */
final class SparseBytes {
  private static final int BOX = 4;

  private SparseBytes() {}

  static long of(LossSpec spec, List<HeadTensor> predictions, Diagnostics found, boolean kept) {
    long elements = predictions.stream().mapToLong(HeadTensor::size).sum();
    long slots = elements / spec.attributes();
    long matched = found.positives() - found.collisions();
    long searched = spec.ignore().rule() == Ignore.Rule.NOBODY ? 0 : BOX * slots;
    long cleared = kept ? matched * (spec.attributes() - 1) : elements;
    return predictions.getFirst().type().bytes()
        * (2 * slots + searched + 2L * spec.attributes() * matched + cleared);
  }
}
