package dev.yololoss.benchmarks.run;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The rows as a table for people, each with its ratio to NATIVE in the same run. */
final class MarkdownReport {
  private MarkdownReport() {}

  static String of(List<Row> rows, Machine machine) {
    Comparison comparison = new Comparison(rows);
    String table =
        rows.stream().map(row -> line(row, comparison)).collect(Collectors.joining("\n"));
    return machine.inWords()
        + "; standard: yolov5, NATIVE on all cores, 16 images of 640 pixels, 80 classes, 100"
        + " targets in all, NCHW, f32, kept gradient, warm caches\n\n"
        + "| what | with | p20 ms | **p50 ms** | p80 ms | NATIVE's time | heap per step |\n"
        + "|---|---|---|---|---|---|---|\n"
        + table
        + "\n";
  }

  private static String line(Row row, Comparison comparison) {
    return "| "
        + String.join(
            " | ",
            row.benchmark(),
            Label.differences(row),
            milliseconds(row.percentile(20)),
            "**" + milliseconds(row.median()) + "**",
            milliseconds(row.percentile(80)),
            comparison.ratio(row).map(r -> String.format(Locale.ROOT, "x %.3g", r)).orElse(""),
            row.bytesPerStep().isPresent()
                ? String.format(Locale.ROOT, "%.0f bytes", row.bytesPerStep().getAsDouble())
                : "")
        + " |";
  }

  private static String milliseconds(double value) {
    return value >= 100
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.3g", value);
  }
}
