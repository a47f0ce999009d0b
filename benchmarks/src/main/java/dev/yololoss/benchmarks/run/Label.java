package dev.yololoss.benchmarks.run;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A row in few words: what it is, and where it differs from the standard step. */
final class Label {
  private static final Map<String, String> STANDARD =
      Map.ofEntries(
          Map.entry("backend", "NATIVE"),
          Map.entry("preset", "YOLOV5"),
          Map.entry("batch", "16"),
          Map.entry("size", "640"),
          Map.entry("classes", "80"),
          Map.entry("targets", "100"),
          Map.entry("layout", "NCHW"),
          Map.entry("type", "F32"),
          Map.entry("threads", "0"),
          Map.entry("buffer", "KEPT"),
          Map.entry("cache", "WARM"),
          Map.entry("allocator", "DEFAULT"));

  private Label() {}

  static String of(Row row) {
    String name = row.benchmark().replaceAll("Benchmark\\..*", "");
    String own = differences(row);
    return own.isEmpty() ? name : name + ": " + own;
  }

  static String differences(Row row) {
    return row.params().entrySet().stream()
        .filter(param -> !param.getValue().equals(STANDARD.get(param.getKey())))
        .map(param -> param.getKey() + " " + param.getValue().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", "));
  }
}
