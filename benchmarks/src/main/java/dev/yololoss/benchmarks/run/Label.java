package dev.yololoss.benchmarks.run;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
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

  /** The one that measures several things. */
  private static final String FLOOR = "MemoryFloor";

  private Label() {}

  static String of(Row row) {
    String[] words = row.benchmark().split("Benchmark\\.");
    String name = words[0].equals(FLOOR) ? words[0] + " " + words[1] : words[0];
    String own = differences(row);
    return own.isEmpty() ? name : name + ": " + own;
  }

  /** Names of the parameters that are not the standard step's. */
  static Set<String> differing(Row row) {
    return row.params().keySet().stream()
        .filter(name -> !row.param(name).equals(STANDARD.get(name)))
        .collect(Collectors.toSet());
  }

  static String differences(Row row) {
    Set<String> differing = differing(row);
    return row.params().entrySet().stream()
        .filter(param -> differing.contains(param.getKey()))
        .map(param -> param.getKey() + " " + param.getValue().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", "));
  }
}
