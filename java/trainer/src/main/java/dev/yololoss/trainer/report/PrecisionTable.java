package dev.yololoss.trainer.report;

import dev.yololoss.trainer.evaluate.AveragePrecision;
import dev.yololoss.trainer.evaluate.CategoryPrecision;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** The average precision of each class and their mean, as lines for a terminal. */
public final class PrecisionTable {
  private PrecisionTable() {}

  /**
   * @param classes their names, by index
   */
  public static void print(PrintWriter out, List<String> classes, AveragePrecision precision) {
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
