package dev.yololoss.benchmarks.peers;

import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.benchmarks.Layout;
import dev.yololoss.benchmarks.Workload;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
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
 * DL4J's Yolo2OutputLayer, value and gradient, after it was found equal to REFERENCE's yolov2-v1
 * where they are the same loss. Its labels are ready before the clock starts, which favours it.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--enable-native-access=ALL-UNNAMED",
      "-Dorg.bytedeco.javacpp.cachedir=benchmarks/target/javacpp"
    })
@State(Scope.Thread)
public class Dl4jYolo2Benchmark {
  /** The weight of a wrong box beside everything else, as in the paper that DL4J follows. */
  private static final double BOX = 5;

  private static final double ELSEWHERE = 0.5;

  @Param("YOLOV2_V1")
  public Preset preset;

  @Param("8")
  public int batch;

  @Param("416")
  public int size;

  @Param("20")
  public int classes;

  /** Of the whole batch. */
  @Param("64")
  public int targets;

  private Dl4jYolo2Loss loss;
  private INDArray outputs;
  private List<INDArray> labelSets;
  private int turn;

  @Setup(Level.Trial)
  public void open() {
    LossSpec spec =
        LossSpec.builder(preset)
            .classes(classes)
            .option("box.weight", BOX)
            .option("objectness.matchWeight", 1.0)
            .option("objectness.elsewhereWeight", ELSEWHERE)
            .build();
    SameWhereAlike.check(spec);
    loss = new Dl4jYolo2Loss(spec);
    try (Workload work = new Workload(spec, batch, size, Layout.NCHW, ElementType.F32, targets)) {
      HeadTensor head = work.predictions().getFirst();
      outputs = Dl4jYolo2Loss.outputs(head);
      labelSets =
          Stream.generate(work::targets)
              .limit(Workload.TARGET_SETS)
              .map(boxes -> loss.labels(head, boxes))
              .toList();
    }
  }

  @Benchmark
  public INDArray step() {
    return loss.gradient(outputs, labelSets.get(turn++ % labelSets.size()));
  }

  @TearDown(Level.Trial)
  public void close() {
    outputs.close();
  }
}
