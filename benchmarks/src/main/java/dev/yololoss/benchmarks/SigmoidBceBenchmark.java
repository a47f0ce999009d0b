package dev.yololoss.benchmarks;

import dev.yololoss.Backend;
import dev.yololoss.DenseTensor;
import dev.yololoss.ElementType;
import dev.yololoss.LossOperations;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.SplittableRandom;
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
import org.openjdk.jmh.annotations.TearDown;

/** Binary cross-entropy of a sigmoid and its gradient, over one number per cell of a batch. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@State(Scope.Thread)
public class SigmoidBceBenchmark {
  @Param("NATIVE")
  public Backend backend;

  /** The objectness logits of the standard workload. */
  @Param("403200")
  public int elements;

  private final Arena arena = Arena.ofShared();
  private LossOperations operations;
  private DenseTensor logits;
  private DenseTensor targets;
  private DenseTensor value;
  private DenseTensor gradient;

  @Setup(Level.Trial)
  public void open() {
    operations = LossOperations.open(backend);
    SplittableRandom random = new SplittableRandom(3);
    logits = column();
    targets = column();
    value = column();
    gradient = column();
    for (int row = 0; row < elements; row++) {
      logits.set(row, 0, 0.5 * random.nextGaussian() - 5);
      targets.set(row, 0, row % 300 == 0 ? random.nextDouble() : 0);
    }
  }

  @Benchmark
  public DenseTensor valueAndGradient() {
    operations.sigmoidBce(logits, targets, 1, 1, value, Optional.of(gradient));
    return gradient;
  }

  @TearDown(Level.Trial)
  public void close() {
    operations.close();
    arena.close();
  }

  private DenseTensor column() {
    long bytes = (long) elements * ElementType.F32.bytes();
    return new DenseTensor(arena.allocate(bytes, 64), ElementType.F32, elements, 1);
  }
}
