package dev.yololoss.trainer.train;

import dev.yololoss.trainer.evaluate.AveragePrecision;
import dev.yololoss.trainer.report.EpochReport;
import dev.yololoss.trainer.report.Picture;
import dev.yololoss.trainer.report.PrecisionTable;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param classes their names
 * @param precision of the last evaluation; empty if there was none
 * @param finished false if the run was interrupted
 * @param files what it left behind
 * @param reports every epoch
 * @param pictures the first few validation images with what was found in them
 */
public record TrainingSummary(
    List<String> classes,
    Optional<AveragePrecision> precision,
    boolean finished,
    List<Path> files,
    List<EpochReport> reports,
    List<Picture> pictures) {
  public TrainingSummary {
    classes = List.copyOf(classes);
    files = List.copyOf(files);
    reports = List.copyOf(reports);
    pictures = List.copyOf(pictures);
  }

  /** Prints a table of the classes, the means, and the files. */
  void print(PrintWriter out) {
    out.println();
    precision.ifPresentOrElse(
        p -> PrecisionTable.print(out, classes, p), () -> out.println("not evaluated"));
    out.println();
    if (!finished) {
      out.println("interrupted before the last epoch");
    }
    files.forEach(file -> out.println("wrote " + file));
    out.flush();
  }
}
