package dev.yololoss.trainer.train;

import dev.yololoss.trainer.evaluate.AveragePrecision;
import dev.yololoss.trainer.evaluate.CategoryPrecision;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param classes their names
 * @param precision of the last evaluation; empty if there was none
 * @param finished false if the run was interrupted
 * @param files what it left behind
 */
public record TrainingSummary(
    List<String> classes,
    Optional<AveragePrecision> precision,
    boolean finished,
    List<Path> files) {
  public TrainingSummary {
    classes = List.copyOf(classes);
    files = List.copyOf(files);
  }

  /** Prints a table of the classes, the means, and the files. */
  void print(PrintWriter out) {
    out.println();
    precision.ifPresentOrElse(p -> table(out, p), () -> out.println("not evaluated"));
    out.println();
    if (!finished) {
      out.println("interrupted before the last epoch");
    }
    files.forEach(file -> out.println("wrote " + file));
    out.flush();
  }

  private void table(PrintWriter out, AveragePrecision precision) {
    int width = Math.max(5, classes.stream().mapToInt(String::length).max().orElse(0));
    out.println(
        String.format(
            Locale.ROOT,
            "%-" + width + "s  %6s  %6s  %9s  %6s",
            "class",
            "truths",
            "AP@.5",
            "AP@.5:.95",
            "VOC07"));
    for (CategoryPrecision category : precision.categories()) {
      row(
          out,
          width,
          classes.get(category.category()),
          String.valueOf(category.truths()),
          category.at50(),
          category.at50To95(),
          category.voc07());
    }
    row(out, width, "mean", "", precision.map50(), precision.map50To95(), precision.mapVoc07());
  }

  private static void row(
      PrintWriter out, int width, String name, String truths, double... values) {
    out.println(
        String.format(
            Locale.ROOT,
            "%-" + width + "s  %6s  %6.4f  %9.4f  %6.4f",
            name,
            truths,
            values[0],
            values[1],
            values[2]));
  }
}
