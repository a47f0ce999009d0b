package dev.yololoss.benchmarks;

import dev.yololoss.NonFinite;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/** The search of all outputs for a NaN or an infinity; the same plain Java on every backend. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class ScanBenchmark {
  @Benchmark
  public Optional<NonFinite> scan(StandardWorkload standard) {
    return standard.engine.scan(standard.work.predictions());
  }
}
