package dev.yololoss.trainer.audit;

import dev.yololoss.Backend;
import dev.yololoss.spec.LossSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What to audit and how.
 *
 * @param data the data set's folder
 * @param predictions files of raw heads
 * @param spec the loss, if the files do not say
 * @param confidence a prediction of this score or more is confident, 0 to 1
 * @param overlap a label lies where a prediction is from this IoU on, above 0 to 1
 * @param out new folder
 */
record AuditOptions(
    Path data,
    List<Path> predictions,
    Optional<LossSpec> spec,
    Fit fit,
    double confidence,
    double overlap,
    Backend backend,
    Path out) {
  AuditOptions {
    predictions = List.copyOf(predictions);
  }
}
