package dev.yololoss.benchmarks;

import dev.yololoss.IgnoreMask;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/** The ignore rule alone: which predicted boxes overlap some box enough to pay nothing. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class SearchIgnoredBenchmark {
  @Benchmark
  public IgnoreMask search(StandardWorkload standard) {
    return standard.engine.searchIgnored(standard.work.predictions(), standard.work.targets());
  }
}
