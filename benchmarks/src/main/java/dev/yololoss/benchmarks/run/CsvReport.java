package dev.yololoss.benchmarks.run;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One line a row, complete in itself, so that files of several machines can be joined. */
final class CsvReport {
  private static final String HEADER =
      "benchmark,params,p20_ms,p50_ms,p80_ms,samples,heap_bytes_per_step,cpu,cores,jdk,date";

  private CsvReport() {}

  static String of(List<Row> rows, Machine machine) {
    return Stream.concat(Stream.of(HEADER), rows.stream().map(row -> line(row, machine)))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String line(Row row, Machine machine) {
    return String.join(
        ",",
        row.benchmark(),
        row.paramText(),
        number(row.percentile(20)),
        number(row.median()),
        number(row.percentile(80)),
        String.valueOf(row.samples().size()),
        row.bytesPerStep().isPresent() ? number(row.bytesPerStep().getAsDouble()) : "",
        machine.processor().replace(",", " "),
        String.valueOf(machine.cores()),
        machine.jdk(),
        machine.date().toString());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
