package dev.yololoss.trainer.check;

import dev.yololoss.LossResult;
import dev.yololoss.Targets;
import dev.yololoss.spec.LossSpec;
import java.util.List;
import java.util.function.Function;

/**
 * A case in the engine's words.
 *
 * @param spec the loss
 * @param targets the rows that the original uses
 * @param components the original's logged numbers from a result, in the file's order; NaN for one
 *     that is not recomputed
 * @param notes what the translation dropped or ignored, one line each
 */
record Translated(
    LossSpec spec,
    Targets targets,
    Function<LossResult, double[]> components,
    List<String> notes) {}
