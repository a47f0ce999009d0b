package dev.yololoss.benchmarks.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.benchmarks.Layout;
import dev.yololoss.benchmarks.Workload;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

/** One training step's yolov5 loss on libtorch, after it was found equal to REFERENCE. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--enable-native-access=ALL-UNNAMED",
      "-DOPT_OUT_TRACKING=true",
      "-Dai.djl.offline=true"
    })
@State(Scope.Thread)
public class TorchYolov5Benchmark {
  /** What malloc does with freed memory; most of the default's time is fresh memory. */
  public enum Allocator {
    /** Gives large blocks back to the system at once. */
    DEFAULT,
    /** Keeps them. */
    KEEPING;

    /**
     * What a process needs in its environment to have a KEEPING allocator. Threads of a JVM have
     * arenas of their own, which keep no block above 64 MB whatever the other two say; with one
     * arena they have none.
     */
    public static final List<String> ENVIRONMENT =
        List.of("MALLOC_ARENA_MAX=1", "MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=-1");

    /** Fresh pages of 4 KiB a step; the default takes some 90,000. */
    private static final long KEPT_PAGES = 15_000;

    private static final int STEPS_TO_SETTLE = 20;
    private static final int STEPS = 10;

    private static Allocator ofThisProcess() {
      return System.getenv("MALLOC_ARENA_MAX") == null ? DEFAULT : KEEPING;
    }

    /** Says it with the system's count of fresh pages, since settings may have no effect. */
    private void requireItKeeps(Runnable step) {
      if (this == KEEPING) {
        repeat(step, STEPS_TO_SETTLE);
        long before = freshPages();
        repeat(step, STEPS);
        long pages = (freshPages() - before) / STEPS;
        if (pages > KEPT_PAGES) {
          throw new IllegalStateException(
              "the allocator does not keep its memory: " + pages + " fresh pages a step");
        }
      }
    }

    private static void repeat(Runnable step, int times) {
      for (int i = 0; i < times; i++) {
        step.run();
      }
    }

    /** Minor faults, the tenth field; what stands after the program's name is counted from 3. */
    private static long freshPages() {
      try {
        String stat = Files.readString(Path.of("/proc/self/stat"));
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[10 - 3]);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Param("YOLOV5")
  public Preset preset;

  @Param("16")
  public int batch;

  @Param("640")
  public int size;

  @Param("80")
  public int classes;

  /** Of the whole batch. */
  @Param("100")
  public int targets;

  @Param("ATTRIBUTE_LAST")
  public Layout layout;

  /** The process must have been started so. */
  @Param("DEFAULT")
  public Allocator allocator;

  private Workload work;
  private TorchYolov5Loss loss;
  private List<NDArray> heads;

  @Setup(Level.Trial)
  public void open() {
    if (allocator != Allocator.ofThisProcess()) {
      throw new IllegalStateException(
          "this process has the allocator " + Allocator.ofThisProcess());
    }
    LossSpec spec = LossSpec.builder(preset).classes(classes).build();
    work = new Workload(spec, batch, size, layout, ElementType.F32, targets);
    loss = new TorchYolov5Loss(spec);
    heads = work.predictions().stream().map(this::tensor).toList();
    SameAsReference.check(work, heads, loss);
    allocator.requireItKeeps(this::step);
  }

  @Benchmark
  public float step() {
    return loss.step(heads, work.targets(), gradients -> {});
  }

  @TearDown(Level.Trial)
  public void close() {
    loss.close();
    work.close();
  }

  private NDArray tensor(HeadTensor head) {
    if (layout != Layout.ATTRIBUTE_LAST) {
      throw new IllegalStateException("yolov5's loss takes its heads attribute-last");
    }
    return loss.manager()
        .create(
            head.memory().asByteBuffer().order(ByteOrder.nativeOrder()),
            new Shape(
                head.images(), head.anchors(), head.height(), head.width(), head.attributes()),
            DataType.FLOAT32);
  }
}
