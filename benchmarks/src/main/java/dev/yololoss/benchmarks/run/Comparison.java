package dev.yololoss.benchmarks.run;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds the NATIVE row that did the same work in the same run. */
final class Comparison {
  private static final String BACKEND = "backend";
  private static final Set<String> NOT_THE_WORK = Set.of(BACKEND, "allocator");
  private static final String STEP = "YoloLossBenchmark.step";

  private final List<Row> rows;

  Comparison(List<Row> rows) {
    this.rows = rows;
  }

  /** How many times NATIVE's time a row takes; empty for NATIVE and where NATIVE did not do it. */
  Optional<Double> ratio(Row row) {
    if (row.param(BACKEND).equals("NATIVE")) {
      return Optional.empty();
    }
    boolean peer = !row.params().containsKey(BACKEND) && row.params().containsKey("targets");
    String benchmark = peer ? STEP : row.benchmark();
    return rows.stream()
        .filter(ours -> ours.benchmark().equals(benchmark))
        .filter(ours -> ours.param(BACKEND).equals("NATIVE") && ours.bytesPerStep().isEmpty())
        .filter(ours -> sameWork(row, ours))
        .findFirst()
        .map(ours -> row.median() / ours.median());
  }

  private static boolean sameWork(Row row, Row ours) {
    return row.params().entrySet().stream()
        .filter(param -> !NOT_THE_WORK.contains(param.getKey()))
        .allMatch(param -> ours.param(param.getKey()).equals(param.getValue()));
  }
}
