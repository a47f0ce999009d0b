package dev.yololoss.benchmarks;

import dev.yololoss.Gradients;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One training step's loss: value and gradient of a batch. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class YoloLossBenchmark {
  /** Whose memory the gradients go into. */
  public enum Buffer {
    /** The engine's, where only the last step's matches are cleared. */
    KEPT,
    /** The caller's, all of which is cleared. */
    CLEARED
  }

  /** What the processor's caches hold when a step begins. */
  public enum Cache {
    /** What the last step left there. */
    WARM,
    /** Nothing of use. */
    COLD
  }

  /** The standard workload, memory for its gradients, and caches. */
  @State(Scope.Thread)
  public static class Step extends StandardWorkload {
    @Param("KEPT")
    public Buffer buffer;

    @Param("WARM")
    public Cache cache;

    private final ColdCache coldCache = new ColdCache();
    private Gradients gradients;
    private int swept;

    @Setup(Level.Trial)
    public void allocate() {
      gradients = buffer == Buffer.KEPT ? engine.gradients() : work.callersGradients();
    }

    @Setup(Level.Invocation)
    public void cool() {
      if (cache == Cache.COLD) {
        swept += coldCache.flush();
      }
    }
  }

  @Benchmark
  public double step(Step step) {
    return step.engine
        .compute(step.work.predictions(), step.work.targets(), step.gradients)
        .total();
  }
}
