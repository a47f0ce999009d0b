package dev.yololoss.benchmarks;

import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.benchmarks.YoloLossBenchmark.Cache;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
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

/**
 * What memory alone takes of the standard workload. Zeros are stored as Java stores them, which
 * reads each line first; NATIVE writes around the caches, and so may need less.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@State(Scope.Thread)
public class MemoryFloorBenchmark {
  private static final int OBJECTNESS = 4;
  private static final long PART = 1 << 20;

  @Param("YOLOV5")
  public Preset preset;

  @Param("16")
  public int batch;

  @Param("640")
  public int size;

  @Param("80")
  public int classes;

  @Param("NCHW")
  public Layout layout;

  @Param("COLD")
  public Cache cache;

  private final ColdCache coldCache = new ColdCache();
  private Workload work;
  private List<MemorySegment> gradients;
  private List<MemorySegment> parts;
  private int swept;

  @Setup(Level.Trial)
  public void allocate() {
    LossSpec spec = LossSpec.builder(preset).classes(classes).build();
    work = new Workload(spec, batch, size, layout, ElementType.F32, 0);
    gradients = work.callersGradients().tensors().stream().map(HeadTensor::memory).toList();
    parts = gradients.stream().flatMap(MemoryFloorBenchmark::inParts).toList();
  }

  @Setup(Level.Invocation)
  public void cool() {
    if (cache == Cache.COLD) {
      swept += coldCache.flush();
    }
  }

  /** Zeros over the whole gradient, on one core. */
  @Benchmark
  public void clearGradients() {
    for (MemorySegment gradient : gradients) {
      gradient.fill((byte) 0);
    }
  }

  /** The same on all cores. */
  @Benchmark
  public void clearGradientsOnAllCores() {
    parts.parallelStream().forEach(part -> part.fill((byte) 0));
  }

  /** Reads every objectness logit once, on one core. */
  @Benchmark
  public float readObjectness() {
    float sum = 0;
    for (HeadTensor head : work.predictions()) {
      for (int image = 0; image < head.images(); image++) {
        for (int anchor = 0; anchor < head.anchors(); anchor++) {
          sum += plane(head, head.index(image, anchor, OBJECTNESS, 0, 0));
        }
      }
    }
    return sum;
  }

  @TearDown(Level.Trial)
  public void close() {
    work.close();
  }

  private static Stream<MemorySegment> inParts(MemorySegment gradient) {
    return LongStream.range(0, Math.ceilDiv(gradient.byteSize(), PART))
        .mapToObj(i -> gradient.asSlice(i * PART, Math.min(PART, gradient.byteSize() - i * PART)));
  }

  /** Eight sums, so that an addition need not wait for the one before. */
  private static float plane(HeadTensor head, long first) {
    MemorySegment memory = head.memory();
    long step = head.strides().column();
    long cells = (long) head.height() * head.width();
    float[] sums = new float[8];
    long cell = 0;
    for (; cell + 8 <= cells; cell += 8) {
      for (int lane = 0; lane < 8; lane++) {
        sums[lane] += memory.getAtIndex(ValueLayout.JAVA_FLOAT, first + (cell + lane) * step);
      }
    }
    float sum = 0;
    for (; cell < cells; cell++) {
      sum += memory.getAtIndex(ValueLayout.JAVA_FLOAT, first + cell * step);
    }
    for (float lane : sums) {
      sum += lane;
    }
    return sum;
  }
}
