package dev.yololoss.benchmarks;

import dev.yololoss.Match;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/** The assignment alone: which slots are responsible for which boxes. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class AssignTargetsBenchmark {
  @Benchmark
  public List<Match> assign(StandardWorkload standard) {
    return standard.engine.assign(standard.work.predictions(), standard.work.targets());
  }
}
