package dev.yololoss.trainer.train;

import dev.yololoss.Backend;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What to evaluate and how.
 *
 * @param run a run's folder, or one of its checkpoints
 * @param data folder of a data set; the run's if empty
 * @param part which of its images
 * @param sizes sides of the network's input, one evaluation each; the run's if empty
 * @param batch images at a time; the run's if empty
 * @param backend where boxes are decoded
 * @param predictions new folder for the raw heads of each image, as {@code audit} reads them, if
 *     they are to be kept; goes with one size
 * @param out folder for table and curves; made if it is not there
 */
public record EvaluationOptions(
    Path run,
    Optional<Path> data,
    DataPart part,
    List<Integer> sizes,
    OptionalInt batch,
    Backend backend,
    Optional<Path> predictions,
    Path out) {
  public EvaluationOptions {
    sizes = List.copyOf(sizes);
  }
}
