package dev.yololoss.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.Targets;
import dev.yololoss.TensorException;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

@EnabledIf(
    value = "dev.yololoss.djl.TestedBackend#isThere",
    disabledReason = "built without CMake or a C++ compiler, so without the emulated CUDA device")
class LossStepTest {
  private static final int CLASSES = 2;
  private static final int ATTRIBUTES = 5 + CLASSES;
  private static final Targets TARGETS =
      Targets.ofRows(new double[][] {{0, 1, 0.3, 0.4, 0.3, 0.25}, {1, 0, 0.71, 0.62, 0.15, 0.2}});
  private static final LossSpec ONE_HEAD =
      LossSpec.builder(Preset.YOLOV5)
          .classes(CLASSES)
          .heads(Heads.builder().head(16, 14, 14, 20, 24).build())
          .build();
  private static final LossSpec TWO_HEADS =
      LossSpec.builder(Preset.YOLOV5)
          .classes(CLASSES)
          .heads(Heads.builder().head(8, 10, 12).head(16, 14, 14, 20, 24).build())
          .build();

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void theGradientThatArrivesInAHeadIsTheEnginesBitForBit() {
    NDArray head = leaf(2, 2 * ATTRIBUTES, 4, 4);
    try (LossStep loss = step(ONE_HEAD)) {
      inGraph(() -> loss.backward(new NDList(head), TARGETS));
    }
    assertThat(head.getGradient().toFloatArray()).isEqualTo(engineGradient(ONE_HEAD, head));
  }

  @Test
  void parametersGetTheChainRulesGradient() {
    NDArray weight = leaf(2 * ATTRIBUTES, 3);
    NDArray input = random(2, 3, 4, 4);
    NDArray columns = input.transpose(1, 0, 2, 3).reshape(3, -1).duplicate();
    float[][] seen = new float[1][];
    try (LossStep loss = step(ONE_HEAD)) {
      inGraph(
          () -> {
            NDArray head = headOf(weight, columns);
            seen[0] = engineGradient(ONE_HEAD, head);
            return loss.backward(new NDList(head), TARGETS);
          });
    }
    // head = W x, so dL/dW = g x^T, summed over images and cells.
    NDArray g = manager.create(seen[0], new Shape(2, 2 * ATTRIBUTES, 4, 4));
    NDArray expected = g.transpose(1, 0, 2, 3).reshape(2 * ATTRIBUTES, -1).dot(columns.transpose());
    Close.assertClose(weight.getGradient().toFloatArray(), expected.toFloatArray(), 1e-5);
  }

  @Test
  void parametersGetTheSlopeThatFiniteDifferencesMeasure() {
    NDArray weight = leaf(2 * ATTRIBUTES, 3);
    NDArray columns = random(3, 32);
    float[] gradient;
    try (LossStep loss = step(ONE_HEAD)) {
      inGraph(() -> loss.backward(new NDList(headOf(weight, columns)), TARGETS));
      gradient = weight.getGradient().toFloatArray();
      float[] at = weight.toFloatArray();
      for (int i = 0; i < at.length; i++) {
        double slope = (lossAt(loss, at, i, 1e-2f, columns) - lossAt(loss, at, i, -1e-2f, columns));
        // The objectness target (an IoU) is held fixed by the loss, not by the difference.
        boolean objectness = i / 3 % ATTRIBUTES >= 4;
        if (objectness) {
          assertThat(gradient[i])
              .as("weight %d", i)
              .isCloseTo((float) (slope / 2e-2), within(2e-3f));
        }
      }
    }
  }

  @Test
  void severalHeadsOfOneTrunkGetTheirGradientsInOneBackward() {
    NDArray trunk = leaf(1);
    NDArray small = random(2, ATTRIBUTES, 8, 8);
    NDArray large = random(2, 2 * ATTRIBUTES, 4, 4);
    float[][] expected = new float[2][];
    try (LossStep loss = step(TWO_HEADS)) {
      inGraph(
          () -> {
            NDList heads = new NDList(small.mul(trunk), large.mul(trunk));
            expected[0] = engineGradients(TWO_HEADS, heads)[0];
            expected[1] = engineGradients(TWO_HEADS, heads)[1];
            return loss.backward(heads, TARGETS);
          });
    }
    double chain = dot(expected[0], small.toFloatArray()) + dot(expected[1], large.toFloatArray());
    assertThat((double) trunk.getGradient().getFloat(0))
        .isCloseTo(chain, within(1e-5 * (1 + Math.abs(chain))));
  }

  @Test
  void severalHeadsGetTheEnginesGradientBitForBit() {
    NDArray small = leaf(2, ATTRIBUTES, 8, 8);
    NDArray large = leaf(2, 2 * ATTRIBUTES, 4, 4);
    try (LossStep loss = step(TWO_HEADS)) {
      inGraph(() -> loss.backward(new NDList(small, large), TARGETS));
    }
    float[][] expected = engineGradients(TWO_HEADS, new NDList(small, large));
    assertThat(small.getGradient().toFloatArray()).isEqualTo(expected[0]);
    assertThat(large.getGradient().toFloatArray()).isEqualTo(expected[1]);
  }

  @Test
  void theGradientScaleReachesTheParameters() {
    NDArray one = leaf(2, 2 * ATTRIBUTES, 4, 4);
    NDArray quarter = one.duplicate();
    quarter.setRequiresGradient(true);
    try (LossStep loss = step(ONE_HEAD)) {
      inGraph(() -> loss.backward(new NDList(one), TARGETS));
      inGraph(() -> loss.backward(new NDList(quarter), TARGETS, 0.25));
    }
    float[] full = one.getGradient().toFloatArray();
    float[] scaled = quarter.getGradient().toFloatArray();
    for (int i = 0; i < full.length; i++) {
      assertThat(scaled[i]).isEqualTo(full[i] / 4);
    }
  }

  @Test
  void headsAreReadAndGradientsHandedOverWhereTheyLie() {
    NDArray head = random(1, 2 * ATTRIBUTES, 4, 4);
    TorchMemory memory = TorchMemory.ofLoadedTorch();
    HeadTensor view = HeadViews.of(ONE_HEAD, new NDList(head), memory).getFirst();
    view.set(0, 0, 0, 0, 0, 42);
    assertThat(head.getFloat(0, 0, 0, 0)).isEqualTo(42f);

    try (LossEngine engine = LossEngine.open(ONE_HEAD, Backend.REFERENCE)) {
      engine.compute(List.of(view), Targets.none());
      List<HeadTensor> gradients = engine.gradients().tensors();
      try (GradientArrays arrays = new GradientArrays(memory, new NDList(head), gradients)) {
        NDArray array = arrays.flat().getFirst();
        assertThat(MemorySegment.ofBuffer(array.toByteBuffer(true)).address())
            .isEqualTo(gradients.getFirst().memory().address());
      }
    }
  }

  @Test
  void aHeadInAnotherOrderGetsItsGradient() {
    NDArray rows = leaf(2, 4, 4, 2 * ATTRIBUTES);
    float[][] seen = new float[1][];
    try (LossStep loss = step(ONE_HEAD)) {
      inGraph(
          () -> {
            NDArray head = rows.transpose(0, 3, 1, 2);
            seen[0] = engineGradient(ONE_HEAD, head);
            return loss.backward(new NDList(head), TARGETS);
          });
    }
    NDArray expected = manager.create(seen[0], new Shape(2, 2 * ATTRIBUTES, 4, 4));
    assertThat(rows.getGradient().toFloatArray())
        .isEqualTo(expected.transpose(0, 2, 3, 1).toFloatArray());
  }

  @Test
  void headsOfAnotherSizeGetTheirGradientToo() {
    NDArray small = leaf(2, 2 * ATTRIBUTES, 4, 4);
    NDArray large = leaf(2, 2 * ATTRIBUTES, 6, 6);
    try (LossStep loss = step(ONE_HEAD)) {
      inGraph(() -> loss.backward(new NDList(small), TARGETS));
      inGraph(() -> loss.backward(new NDList(large), TARGETS));
    }
    assertThat(small.getGradient().toFloatArray()).isEqualTo(engineGradient(ONE_HEAD, small));
    assertThat(large.getGradient().toFloatArray()).isEqualTo(engineGradient(ONE_HEAD, large));
  }

  @Test
  void theBackendThatWasAskedForComputes() {
    try (LossStep loss = step(ONE_HEAD)) {
      assertThat(loss.choice()).startsWith(TestedBackend.BACKEND.name());
    }
  }

  @Test
  void otherTypesAndShapesAreRefused() {
    try (LossStep loss = step(ONE_HEAD)) {
      NDArray doubles = manager.zeros(new Shape(1, 14, 4, 4), DataType.FLOAT64);
      assertThatThrownBy(() -> loss.value(new NDList(doubles), TARGETS))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("must be FLOAT32");
      assertThatThrownBy(() -> loss.value(new NDList(random(1, 13, 4, 4)), TARGETS))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("[images, 14, rows, columns]");
      assertThatThrownBy(() -> loss.value(new NDList(), TARGETS))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("0 heads; the loss has 1");
    }
  }

  @Test
  void gradientsAreHandedOverOnceAndOnlyToTheirHeads() {
    NDArray head = leaf(2, 2 * ATTRIBUTES, 4, 4);
    NDList heads = new NDList(head);
    try (LossStep loss = step(ONE_HEAD)) {
      assertThatThrownBy(() -> loss.propagate(heads)).isInstanceOf(IllegalStateException.class);
      inGraph(() -> loss.backward(heads, TARGETS));
      assertThatThrownBy(() -> loss.propagate(heads))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("once");
    }
  }

  @Test
  void aHeadWithoutAGraphIsRefused() {
    try (LossStep loss = step(ONE_HEAD)) {
      NDList heads = new NDList(random(2, 2 * ATTRIBUTES, 4, 4));
      assertThatThrownBy(() -> loss.backward(heads, TARGETS))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("open GradientCollector");
    }
  }

  @Test
  void aClosedStepSaysSo() {
    LossStep loss = step(ONE_HEAD);
    loss.close();
    loss.close();
    NDList heads = new NDList(random(2, 2 * ATTRIBUTES, 4, 4));
    assertThatThrownBy(() -> loss.value(heads, TARGETS)).isInstanceOf(IllegalStateException.class);
  }

  private double lossAt(LossStep loss, float[] at, int index, float step, NDArray columns) {
    float[] moved = at.clone();
    moved[index] += step;
    NDArray weight = manager.create(moved, new Shape(2 * ATTRIBUTES, 3));
    return loss.value(new NDList(headOf(weight, columns)), TARGETS).total();
  }

  /** A 1x1 convolution: [channels, 3] x [3, 2 images x 16 cells]. */
  private static NDArray headOf(NDArray weight, NDArray columns) {
    NDArray product = weight.dot(columns).reshape(2 * ATTRIBUTES, 2, 4, 4).transpose(1, 0, 2, 3);
    return product.flatten().reshape(2, 2 * ATTRIBUTES, 4, 4);
  }

  private static LossStep step(LossSpec spec) {
    return LossStep.open(spec, EngineOptions.on(TestedBackend.BACKEND));
  }

  private interface Work {
    LossResult run();
  }

  private static void inGraph(Work work) {
    GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector();
    try {
      assertThat(work.run().total()).isFinite();
    } finally {
      collector.close();
    }
  }

  private float[] engineGradient(LossSpec spec, NDArray head) {
    return engineGradients(spec, new NDList(head))[0];
  }

  /** From copies of the heads, so that nothing of the bridge takes part. */
  private static float[][] engineGradients(LossSpec spec, NDList heads) {
    try (LossEngine engine = LossEngine.open(spec, TestedBackend.BACKEND)) {
      List<HeadTensor> copies =
          heads.stream()
              .map(
                  h ->
                      HeadTensor.nchw(
                          MemorySegment.ofArray(h.toFloatArray()),
                          ElementType.F32,
                          2,
                          (int) h.getShape().get(1) / ATTRIBUTES,
                          ATTRIBUTES,
                          (int) h.getShape().get(2),
                          (int) h.getShape().get(3)))
              .toList();
      engine.compute(copies, TARGETS);
      return engine.copyToHost(engine.gradients().tensors(), Arena.ofAuto()).stream()
          .map(g -> g.memory().toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT))
          .toArray(float[][]::new);
    }
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  private NDArray leaf(long... shape) {
    NDArray array = random(shape);
    array.setRequiresGradient(true);
    return array;
  }

  private NDArray random(long... shape) {
    Shape wanted = new Shape(shape);
    Random random = new Random(wanted.size());
    float[] values = new float[(int) wanted.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return manager.create(values, wanted);
  }
}
