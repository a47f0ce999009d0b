package dev.yololoss.trainer.data;

import java.io.PrintWriter;
import java.nio.file.Path;

/** Checks the labels and images of a folder and prints what it finds. */
public final class LabelCheck {
  // The split only decides which images are called training; any fixed seed will do.
  private static final long SEED = 0;

  private LabelCheck() {}

  /**
   * Reads every label, decodes every image, and prints each problem with its file and line, then a
   * summary.
   *
   * @return the number of problems
   * @throws DataException if the folder has no layout that is known
   */
  public static int run(Path folder, PrintWriter out) {
    DetectionDataSet dataSet = new DataSetReader(SEED, ImageCheck.DECODE).read(folder);
    LabelReport report = dataSet.report();
    report.problems().forEach(out::println);
    if (!report.problems().isEmpty()) {
      out.println();
    }
    out.printf(
        "%d images: %d training, %d validation, %d held out, %d skipped%n",
        report.images(),
        dataSet.training().size(),
        dataSet.validation().size(),
        dataSet.heldOut().size(),
        report.skippedImages());
    out.printf(
        "%d boxes: %d used, %d ignored, %d skipped%n",
        report.boxes(), report.used(), report.ignored(), report.skipped());
    report.usedByClass().forEach((name, count) -> out.printf("  %8d  %s%n", count, name));
    report.notes().forEach(note -> out.println("note: " + note));
    out.println(
        report.problems().isEmpty() ? "no problems" : "problems: " + report.problems().size());
    out.flush();
    return report.problems().size();
  }
}
