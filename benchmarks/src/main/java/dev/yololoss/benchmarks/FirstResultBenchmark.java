package dev.yololoss.benchmarks;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.LossEngine;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** From nothing to the first loss: library, engine, gradient memory and a step, in a fresh JVM. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@State(Scope.Thread)
public class FirstResultBenchmark {
  @Param("NATIVE")
  public Backend backend;

  private Workload work;

  @Setup(Level.Trial)
  public void allocate() {
    LossSpec spec = LossSpec.of(Preset.YOLOV5);
    work = new Workload(spec, 16, 640, Layout.NCHW, ElementType.F32, 100);
  }

  @Benchmark
  public double openAndStep() {
    try (LossEngine engine = LossEngine.open(work.spec(), backend)) {
      return engine.compute(work.predictions(), work.targets()).total();
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    work.close();
  }
}
