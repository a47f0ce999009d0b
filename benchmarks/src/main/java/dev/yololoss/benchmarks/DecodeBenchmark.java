package dev.yololoss.benchmarks;

import dev.yololoss.DecodedBoxes;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/** Raw outputs to boxes and probabilities, as inference wants them. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class DecodeBenchmark {
  @Benchmark
  public DecodedBoxes decode(StandardWorkload standard) {
    return standard.engine.decode(standard.work.predictions());
  }
}
