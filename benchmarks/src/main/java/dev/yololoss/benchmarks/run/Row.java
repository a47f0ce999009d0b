package dev.yololoss.benchmarks.run;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.util.Statistics;

/**
 * What all rounds of one case measured.
 *
 * @param benchmark {@code Class.method}
 * @param params all of them, defaults too
 * @param samples single calls in milliseconds, ascending; of a case of averages, the averages
 * @param bytesPerStep Java heap that a call takes, where it was asked for
 */
record Row(
    String benchmark,
    Map<String, String> params,
    List<Double> samples,
    OptionalDouble bytesPerStep) {
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  /** One row for each case, in the order in which they first ran. */
  static List<Row> of(List<RunResult> results) {
    return results.stream()
        .collect(
            Collectors.groupingBy(
                result -> List.of(name(result), params(result), allocated(result).isPresent()),
                LinkedHashMap::new,
                Collectors.toList()))
        .values()
        .stream()
        .map(Row::ofCase)
        .toList();
  }

  double percentile(double percent) {
    double at = percent / 100 * (samples.size() - 1);
    int below = (int) at;
    int above = Math.min(below + 1, samples.size() - 1);
    return samples.get(below) + (at - below) * (samples.get(above) - samples.get(below));
  }

  double median() {
    return percentile(50);
  }

  String param(String name) {
    return params.getOrDefault(name, "");
  }

  /** The parameters in words, without those that say nothing here. */
  String paramText() {
    return params.entrySet().stream()
        .map(param -> param.getKey() + "=" + param.getValue())
        .collect(Collectors.joining(" "))
        .toLowerCase(Locale.ROOT);
  }

  private static Row ofCase(List<RunResult> rounds) {
    List<Double> samples = new ArrayList<>();
    for (RunResult round : rounds) {
      Statistics statistics = round.getPrimaryResult().getStatistics();
      Iterator<Map.Entry<Double, Long>> raw = statistics.getRawData();
      while (raw.hasNext()) {
        Map.Entry<Double, Long> value = raw.next();
        for (long n = 0; n < value.getValue(); n++) {
          samples.add(value.getKey());
        }
      }
    }
    samples.sort(null);
    RunResult first = rounds.getFirst();
    return new Row(name(first), params(first), List.copyOf(samples), allocated(first));
  }

  private static String name(RunResult result) {
    String[] words = result.getParams().getBenchmark().split("\\.");
    return words[words.length - 2] + "." + words[words.length - 1];
  }

  private static Map<String, String> params(RunResult result) {
    BenchmarkParams params = result.getParams();
    Map<String, String> map = new LinkedHashMap<>();
    params.getParamsKeys().forEach(key -> map.put(key, params.getParam(key)));
    return map;
  }

  private static OptionalDouble allocated(RunResult result) {
    Result<?> bytes = result.getSecondaryResults().get(ALLOCATED);
    return bytes == null ? OptionalDouble.empty() : OptionalDouble.of(bytes.getScore());
  }
}
