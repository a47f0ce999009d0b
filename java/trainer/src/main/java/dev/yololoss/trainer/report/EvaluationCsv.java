package dev.yololoss.trainer.report;

import dev.yololoss.trainer.evaluate.AveragePrecision;
import dev.yololoss.trainer.evaluate.CategoryPrecision;
import dev.yololoss.trainer.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * {@code evaluation.csv}: a row per size and class, and one per size for the mean, whose class is
 * empty. Names are quoted; a class without truths has empty cells.
 */
public final class EvaluationCsv {
  private static final String HEADER =
      "size,class,truths,ignored_truths,detections,hits50,AP50,AP50_95,AP_voc07,AP_voc10";

  private EvaluationCsv() {}

  /**
   * @param bySize side of the network's input, and what was measured there
   * @return the file
   */
  public static Path write(
      Path file, List<String> classes, SortedMap<Integer, AveragePrecision> bySize)
      throws IOException {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    bySize.forEach(
        (size, precision) -> {
          precision
              .categories()
              .forEach(c -> text.append(row(size, classes.get(c.category()), c)).append('\n'));
          text.append(mean(size, precision)).append('\n');
        });
    return AtomicFile.write(file, text.toString());
  }

  private static String row(int size, String name, CategoryPrecision c) {
    String quoted = '"' + name.replace("\"", "\"\"") + '"';
    return String.format(
            Locale.ROOT,
            "%d,%s,%d,%d,%d,%d,",
            size,
            quoted,
            c.truths(),
            c.ignoredTruths(),
            c.detections(),
            c.hits50())
        + cells(c.at50(), c.at50To95(), c.voc07(), c.voc10());
  }

  private static String mean(int size, AveragePrecision p) {
    return size + ",,,,,," + cells(p.map50(), p.map50To95(), p.mapVoc07(), p.mapVoc10());
  }

  private static String cells(double... values) {
    return DoubleStream.of(values)
        .mapToObj(value -> Double.isNaN(value) ? "" : Double.toString(value))
        .collect(Collectors.joining(","));
  }
}
