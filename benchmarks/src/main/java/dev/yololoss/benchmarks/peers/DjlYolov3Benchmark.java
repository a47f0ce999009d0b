package dev.yololoss.benchmarks.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.YOLOv3Loss;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.Targets;
import dev.yololoss.benchmarks.Layout;
import dev.yololoss.benchmarks.Workload;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.nio.ByteOrder;
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

/**
 * DJL's own YOLOv3Loss with its backward pass. Its time only: it is a loss of its own, it says of
 * itself that it is unfinished, and its gradients are wrong (rows and columns are swapped, an
 * overlap may be negative), so there is nothing to compare.
 */
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
public class DjlYolov3Benchmark {
  @Param("YOLOV3_BCE")
  public Preset preset;

  @Param("8")
  public int batch;

  @Param("416")
  public int size;

  @Param("80")
  public int classes;

  /** Of the whole batch. */
  @Param("64")
  public int targets;

  private Workload work;
  private NDManager manager;
  private YOLOv3Loss loss;
  private List<NDArray> heads;

  @Setup(Level.Trial)
  public void open() {
    LossSpec spec = LossSpec.builder(preset).classes(classes).build();
    work = new Workload(spec, batch, size, Layout.NCHW, ElementType.F32, targets);
    manager = NDManager.newBaseManager();
    loss = YOLOv3Loss.builder().setNumClasses(classes).setInputShape(new Shape(size, size)).build();
    heads = work.predictions().stream().map(this::tensor).toList();
  }

  @Benchmark
  public float step() {
    try (NDManager step = manager.newSubManager();
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDList leaves = new NDList();
      for (NDArray head : heads) {
        NDArray leaf = head.stopGradient();
        leaf.attach(step);
        leaf.setRequiresGradient(true);
        leaves.add(leaf);
      }
      NDArray total = loss.evaluate(new NDList(labels(step, work.targets())), leaves);
      collector.backward(total);
      return total.getFloat();
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    manager.close();
    work.close();
  }

  /** {@code [image, box, (class, left, top, width, height)]}. */
  private NDArray labels(NDManager step, Targets boxes) {
    int perImage = targets / batch;
    float[] labels = new float[batch * perImage * 5];
    int[] seen = new int[batch];
    for (int row = 0; row < boxes.size(); row++) {
      int image = boxes.image(row);
      int at = (image * perImage + seen[image]++) * 5;
      labels[at] = boxes.category(row);
      labels[at + 1] = (float) (boxes.centreX(row) - boxes.width(row) / 2);
      labels[at + 2] = (float) (boxes.centreY(row) - boxes.height(row) / 2);
      labels[at + 3] = (float) boxes.width(row);
      labels[at + 4] = (float) boxes.height(row);
    }
    return step.create(labels, new Shape(batch, perImage, 5));
  }

  private NDArray tensor(HeadTensor head) {
    return manager.create(
        head.memory().asByteBuffer().order(ByteOrder.nativeOrder()),
        new Shape(head.images(), head.anchors() * head.attributes(), head.height(), head.width()),
        DataType.FLOAT32);
  }
}
