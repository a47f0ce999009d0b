package dev.yololoss.benchmarks;

import dev.yololoss.ElementType;
import dev.yololoss.Gradients;
import dev.yololoss.HeadTensor;
import dev.yololoss.Targets;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.LossSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * What a loss gets to work on: raw outputs as a detector gives them and several sets of boxes to
 * take in turn, so that what a step clears was written over other cells. The same on every run.
 */
public final class Workload implements AutoCloseable {
  /** How many sets of boxes take turns. */
  public static final int TARGET_SETS = 4;

  private static final int NUMBERS = 1 << 20;
  private static final int OBJECTNESS = 4;
  private static final int CHUNK = 1 << 16;

  private final Arena arena = Arena.ofShared();
  private final LossSpec spec;
  private final List<Layout.Shape> shapes;
  private final Layout layout;
  private final ElementType type;
  private final List<HeadTensor> predictions;
  private final List<Targets> targetSets;
  private int turn;

  /**
   * @param batch images
   * @param size of the square images in pixels
   * @param targets of the whole batch
   */
  public Workload(
      LossSpec spec, int batch, int size, Layout layout, ElementType type, int targets) {
    this.spec = spec;
    this.layout = layout;
    this.type = type;
    shapes = spec.heads().heads().stream().map(head -> shape(head, batch, size)).toList();
    predictions = allocate();
    float[] normal = normalNumbers();
    for (int layer = 0; layer < shapes.size(); layer++) {
      fill(predictions.get(layer), shapes.get(layer), normal);
    }
    targetSets =
        IntStream.range(0, TARGET_SETS).mapToObj(set -> boxes(set, batch, targets)).toList();
  }

  public LossSpec spec() {
    return spec;
  }

  public List<HeadTensor> predictions() {
    return predictions;
  }

  /** The next set of boxes. */
  public Targets targets() {
    return targetSets.get(turn++ % TARGET_SETS);
  }

  /** Memory of a caller for gradients, which the engine has to clear on every step. */
  public Gradients callersGradients() {
    return Gradients.into(allocate());
  }

  @Override
  public void close() {
    arena.close();
  }

  private Layout.Shape shape(Head head, int batch, int size) {
    int side = size / head.stride();
    return new Layout.Shape(batch, head.anchors().size(), spec.attributes(), side, side);
  }

  private List<HeadTensor> allocate() {
    return shapes.stream().map(shape -> layout.allocate(arena, type, shape)).toList();
  }

  /** Objectness around -5, as after the first epochs; everything else as a fresh layer gives it. */
  private void fill(HeadTensor head, Layout.Shape shape, float[] normal) {
    float[] chunk = new float[CHUNK];
    for (long first = 0; first < shape.elements(); first += CHUNK) {
      int n = (int) Math.min(CHUNK, shape.elements() - first);
      for (int i = 0; i < n; i++) {
        long element = first + i;
        float number = normal[(int) (element * 7 + element / NUMBERS) & NUMBERS - 1];
        chunk[i] = layout.attribute(element, shape) == OBJECTNESS ? number / 2 - 5 : number;
      }
      store(head, first, chunk, n);
    }
  }

  /** In bulk, since every benchmark fills hundreds of megabytes before it starts. */
  private static void store(HeadTensor head, long first, float[] chunk, int n) {
    if (head.type() == ElementType.F32) {
      long offset = first * Float.BYTES;
      MemorySegment.copy(chunk, 0, head.memory(), ValueLayout.JAVA_FLOAT, offset, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      head.type().set(head.memory(), first + i, chunk[i]);
    }
  }

  private static float[] normalNumbers() {
    SplittableRandom random = new SplittableRandom(1);
    float[] numbers = new float[NUMBERS];
    for (int i = 0; i < NUMBERS; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  /** Boxes spread evenly over the images, their sides between 2 and 60 percent of the image. */
  private Targets boxes(int set, int batch, int count) {
    SplittableRandom random = new SplittableRandom(100 + set);
    Targets.Builder boxes = Targets.builder();
    for (int row = 0; row < count; row++) {
      boxes.add(
          row % batch,
          random.nextInt(spec.classes()),
          random.nextDouble(),
          random.nextDouble(),
          side(random),
          side(random));
    }
    return boxes.build();
  }

  private static double side(SplittableRandom random) {
    return 0.02 * Math.pow(30, random.nextDouble());
  }
}
