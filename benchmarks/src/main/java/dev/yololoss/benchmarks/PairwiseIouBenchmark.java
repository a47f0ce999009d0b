package dev.yololoss.benchmarks;

import dev.yololoss.Backend;
import dev.yololoss.DenseTensor;
import dev.yololoss.ElementType;
import dev.yololoss.LossOperations;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
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

/** The overlap of many pairs of boxes, with its gradient. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@State(Scope.Thread)
public class PairwiseIouBenchmark {
  private static final int BOX = 4;

  @Param("NATIVE")
  public Backend backend;

  @Param("CIOU")
  public Overlap overlap;

  @Param("100000")
  public int pairs;

  private final Arena arena = Arena.ofShared();
  private LossOperations operations;
  private DenseTensor a;
  private DenseTensor b;
  private DenseTensor value;
  private DenseTensor gradient;

  @Setup(Level.Trial)
  public void open() {
    operations = LossOperations.open(backend);
    SplittableRandom random = new SplittableRandom(2);
    a = boxes(random);
    b = boxes(random);
    value = matrix(1);
    gradient = matrix(BOX);
  }

  @Benchmark
  public DenseTensor overlapAndGradient() {
    operations.overlap(overlap, OverlapConvention.YOLOV5, a, b, value, Optional.of(gradient));
    return gradient;
  }

  @TearDown(Level.Trial)
  public void close() {
    operations.close();
    arena.close();
  }

  private DenseTensor boxes(SplittableRandom random) {
    DenseTensor boxes = matrix(BOX);
    for (int row = 0; row < pairs; row++) {
      for (int side = 0; side < BOX; side++) {
        boxes.set(row, side, random.nextDouble(1, 3));
      }
    }
    return boxes;
  }

  private DenseTensor matrix(int columns) {
    long bytes = (long) pairs * columns * ElementType.F32.bytes();
    return new DenseTensor(arena.allocate(bytes, 64), ElementType.F32, pairs, columns);
  }
}
