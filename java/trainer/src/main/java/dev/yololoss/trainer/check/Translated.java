package dev.yololoss.trainer.check;

import dev.yololoss.LossResult;
import dev.yololoss.spec.LossSpec;
import java.util.List;
import java.util.function.Function;

/**
 * A case in the engine's words.
 *
 * @param spec the loss
 * @param rows the target rows that the original uses, each one of the file's
 * @param components the original's logged numbers from a result, in the file's order; NaN for one
 *     that is not recomputed
 * @param notes what the translation dropped or ignored, one line each
 */
record Translated(
    LossSpec spec,
    List<double[]> rows,
    Function<LossResult, double[]> components,
    List<String> notes) {
  /** A case in the engine's words already. */
  static Translated of(LossSpec spec, List<double[]> rows) {
    return new Translated(spec, rows, Translated::parts, List.of());
  }

  static double[] parts(LossResult result) {
    return new double[] {result.box(), result.objectness(), result.classification()};
  }
}
