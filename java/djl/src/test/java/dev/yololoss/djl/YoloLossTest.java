package dev.yololoss.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossState;
import dev.yololoss.Match;
import dev.yololoss.NonFiniteException;
import dev.yololoss.TargetException;
import dev.yololoss.Targets;
import dev.yololoss.TensorException;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@EnabledIf(
    value = "dev.yololoss.djl.TestedBackend#isThere",
    disabledReason = "built without CMake or a C++ compiler, so without the emulated CUDA device")
class YoloLossTest {
  private static final int CLASSES = 2;
  private static final int ATTRIBUTES = 5 + CLASSES;
  private static final Heads HEADS =
      Heads.builder().head(8, 10, 12).head(16, 14, 14, 20, 24).build();
  private static final LossSpec SPEC = spec(Preset.YOLOV5).build();
  private static final LossSpec AUTOBALANCED =
      spec(Preset.YOLOV5).option("reduction.autobalance", true).build();
  private static final double[][] ROWS = {
    {0, 1, 0.3, 0.4, 0.3, 0.25}, {1, 0, 0.71, 0.62, 0.15, 0.2}
  };

  private NDManager manager;
  private NDList labels;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
    labels = labels(ROWS);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void everyLossHasTheEnginesValueAndGradientBitForBit(Preset preset) {
    LossSpec spec = spec(preset).build();
    NDList heads = leaves();
    try (YoloLoss loss = YoloLoss.of(spec, TestedBackend.BACKEND)) {
      float value = stepBack(loss, heads, l -> l);
      Copied expected = Copied.of(spec, heads);
      assertThat(value).isEqualTo((float) expected.total);
      for (int layer = 0; layer < heads.size(); layer++) {
        assertThat(heads.get(layer).getGradient().toFloatArray())
            .isEqualTo(expected.gradients.get(layer));
      }
    }
  }

  @Test
  void oneHeadGetsItsGradientToo() {
    LossSpec spec =
        LossSpec.builder(Preset.YOLOV5)
            .classes(CLASSES)
            .heads(Heads.builder().head(16, 14, 14, 20, 24).build())
            .build();
    NDArray head = leaf(3, 2 * ATTRIBUTES, 4, 4);
    try (YoloLoss loss = YoloLoss.of(spec, TestedBackend.BACKEND)) {
      stepBack(loss, new NDList(head), l -> l);
    }
    assertThat(head.getGradient().toFloatArray())
        .isEqualTo(Copied.of(spec, new NDList(head)).gradients.getFirst());
  }

  @Test
  void whatIsDoneToTheLossReachesTheGradient() {
    NDList whole = leaves();
    NDList quarter = leaves();
    NDArray fourth = manager.create(0.25f);
    try (YoloLoss loss = YoloLoss.of(SPEC, TestedBackend.BACKEND)) {
      stepBack(loss, whole, l -> l);
      stepBack(loss, quarter, l -> l.mul(fourth));
    }
    float[] full = whole.get(1).getGradient().toFloatArray();
    float[] scaled = quarter.get(1).getGradient().toFloatArray();
    for (int i = 0; i < full.length; i++) {
      assertThat(scaled[i]).isEqualTo(full[i] / 4);
    }
  }

  @Test
  void bothFormsOfLabelsSayTheSame() {
    float[] padded = {
      1, 0.15f, 0.275f, 0.3f, 0.25f, -1, -1, -1, -1, -1, 0, 0.635f, 0.52f, 0.15f, 0.2f, 0, 0, 0, 0,
      0
    };
    NDList heads = leaves();
    try (YoloLoss loss = YoloLoss.of(SPEC, TestedBackend.BACKEND)) {
      float listed = loss.evaluate(labels, heads).getFloat();
      float corners =
          loss.evaluate(new NDList(manager.create(padded, new Shape(2, 2, 5))), heads).getFloat();
      assertThat(loss.result().targets().used()).isEqualTo(2);
      assertThat(corners).isCloseTo(listed, within(1e-5f * listed));
    }
  }

  @Test
  void theListenersQuestionIsAnsweredWithoutComputingAgain() {
    NDList heads = leaves();
    try (YoloLoss loss = YoloLoss.of(AUTOBALANCED, TestedBackend.BACKEND)) {
      loss.addAccumulator("mean");
      loss.addAccumulator("other");
      float value = stepBack(loss, heads, l -> l);
      LossState state = loss.state();
      // A result lives until the engine computes again.
      double total = loss.result().total();
      loss.updateAccumulators(new String[] {"mean", "other"}, labels, heads);
      loss.updateAccumulator("mean", labels, new NDList(heads));
      assertThat(loss.result().total()).isEqualTo(total);
      assertThat(loss.state()).isEqualTo(state);
      assertThat(loss.getAccumulator("mean")).isEqualTo(value);
      assertThat(loss.getAccumulator("other")).isEqualTo(value);
    }
  }

  @Test
  void otherArraysAreComputedForTheListeners() {
    NDList heads = leaves();
    try (YoloLoss loss = YoloLoss.of(SPEC, TestedBackend.BACKEND)) {
      loss.addAccumulator("mean");
      float first = stepBack(loss, heads, l -> l);
      NDList others =
          new NDList(random(1, 2, ATTRIBUTES, 8, 8), random(2, 2, 2 * ATTRIBUTES, 4, 4));
      loss.updateAccumulator("mean", labels, others);
      float second = (float) Copied.of(SPEC, others).total;
      assertThat(loss.getAccumulator("mean")).isEqualTo(second).isNotEqualTo(first);
      loss.updateAccumulator("mean", labels, heads);
      assertThat(loss.getAccumulator("mean"))
          .isCloseTo((first + second) / 2, within(1e-6f * first));
      loss.resetAccumulator("mean");
      assertThat(loss.getAccumulator("mean")).isNaN();
      assertThatThrownBy(() -> loss.getAccumulator("unknown"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("\"unknown\"");
    }
  }

  @Test
  void onlyStepsAdvanceTheState() {
    NDList heads = leaves();
    List<LossState> expected = new ArrayList<>();
    try (LossEngine engine = LossEngine.open(AUTOBALANCED, TestedBackend.BACKEND)) {
      for (int step = 0; step < 3; step++) {
        engine.compute(Copied.tensors(heads), Targets.ofRows(ROWS));
        expected.add(engine.state());
      }
    }
    assertThat(expected.get(0)).isNotEqualTo(expected.get(1));
    try (YoloLoss loss = YoloLoss.of(AUTOBALANCED, TestedBackend.BACKEND)) {
      loss.addAccumulator("mean");
      LossState start = loss.state();
      for (int step = 0; step < 3; step++) {
        stepBack(loss, heads, l -> l);
        loss.updateAccumulator("mean", labels, heads);
        loss.evaluate(labels, heads);
        loss.evaluate(labels, new NDList(random(9, 2, ATTRIBUTES, 8, 8), heads.get(1)));
        assertThat(loss.state()).isEqualTo(expected.get(step));
      }
      loss.restore(start);
      stepBack(loss, heads, l -> l);
      assertThat(loss.state()).isEqualTo(expected.getFirst());
    }
  }

  @Test
  void anEarlierLossWhoseGradientsAreGoneIsRefused() {
    NDList heads = leaves();
    NDList others = leaves();
    try (YoloLoss loss = YoloLoss.of(SPEC, TestedBackend.BACKEND)) {
      inGraph(
          () -> {
            NDArray first = loss.evaluate(labels, heads);
            NDArray second = loss.evaluate(labels, others);
            assertThatThrownBy(() -> back(first.add(second)))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("modified by an inplace operation");
            return second;
          });
    }
  }

  @Test
  void aValueInBetweenLeavesTheGradientsInPlace() {
    NDList heads = leaves();
    try (YoloLoss loss = YoloLoss.of(SPEC, TestedBackend.BACKEND)) {
      inGraph(
          () -> {
            NDArray first = loss.evaluate(labels, heads);
            NDList constants = new NDList(heads.get(0).stopGradient(), heads.get(1).stopGradient());
            loss.evaluate(labels(), constants);
            back(first);
            return first;
          });
    }
    assertThat(heads.get(0).getGradient().toFloatArray())
        .isEqualTo(Copied.of(SPEC, heads).gradients.getFirst());
  }

  @Test
  void afterCloseNothingReadsTheGradientsAndEvaluationSaysSo() {
    NDList heads = leaves();
    YoloLoss loss = YoloLoss.of(SPEC, TestedBackend.BACKEND);
    inGraph(
        () -> {
          NDArray value = loss.evaluate(labels, heads);
          loss.close();
          loss.close();
          assertThatThrownBy(() -> back(value)).isInstanceOf(EngineException.class);
          return value;
        });
    assertThatThrownBy(() -> loss.evaluate(labels, heads))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> loss.result().total()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aScopeOfTheCallersClosesNothingThatIsStillNeeded() {
    NDList heads = leaves();
    try (YoloLoss loss = YoloLoss.of(SPEC, TestedBackend.BACKEND)) {
      for (int step = 0; step < 2; step++) {
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          stepBack(loss, heads, l -> l);
        }
      }
    }
  }

  /** The squared error of t is t^2 / 2, and t times its gradient t^2: twice as much. */
  @Test
  void theValueIsRightWhereHeadTimesGradientOverflows() {
    LossSpec spec = spec(Preset.YOLOV3_BCE).build();
    NDList heads = leaves();
    Match match;
    try (LossEngine engine = LossEngine.open(spec, TestedBackend.BACKEND)) {
      match = engine.assign(Copied.tensors(heads), Targets.ofRows(ROWS)).getFirst();
    }
    int width = match.anchor() * ATTRIBUTES + 2;
    NDArray head = heads.get(match.layer()).stopGradient().duplicate();
    head.set(
        new NDIndex(match.image() + ", " + width + ", " + match.row() + ", " + match.column()),
        1.6e19f);
    head.setRequiresGradient(true);
    heads.set(match.layer(), head);
    Copied expected = Copied.of(spec, heads);
    float[] gradient = expected.gradients.get(match.layer());
    assertThat(expected.total).isLessThan(Float.MAX_VALUE);
    NDArray products = head.flatten().mul(manager.create(gradient));
    assertThat(products.sum().getFloat()).isInfinite();
    try (YoloLoss loss = YoloLoss.of(spec, TestedBackend.BACKEND)) {
      assertThat(stepBack(loss, heads, l -> l)).isEqualTo((float) expected.total);
    }
    assertThat(head.getGradient().toFloatArray()).isEqualTo(gradient);
  }

  /** PyTorch records in every thread but the one that loaded DJL's engine. */
  @Test
  void constantsAreNoStepWhereverPyTorchRecords() {
    NDList heads = leaves();
    NDList constants = new NDList(heads.get(0).stopGradient(), heads.get(1).stopGradient());
    NDArray trunk = leaf(1);
    try (YoloLoss loss = YoloLoss.of(AUTOBALANCED, TestedBackend.BACKEND)) {
      LossState start = loss.state();
      inGraph(() -> loss.evaluate(labels, constants));
      assertThat(loss.state()).isEqualTo(start);
      NDArray value =
          inGraph(
              () ->
                  loss.evaluate(
                      labels,
                      new NDList(constants.get(0).mul(trunk), constants.get(1).mul(trunk))));
      assertThat(value.getFloat()).isPositive();
      assertThat(loss.state()).isNotEqualTo(start);
    }
  }

  @Test
  void badInputIsNamed() {
    NDList heads = leaves();
    try (YoloLoss loss = YoloLoss.of(SPEC, TestedBackend.BACKEND)) {
      assertThatThrownBy(() -> loss.result())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("nothing was evaluated");
      assertThatThrownBy(() -> loss.evaluate(labels, new NDList()))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("0 heads; the loss has 2");
      assertThatThrownBy(() -> loss.evaluate(labels(new double[] {0, 2, 0.5, 0.5, 1, 1}), heads))
          .isInstanceOf(TargetException.class)
          .hasMessageContaining("row 0 of the labels: class is 2; allowed are 0..1");
      heads.get(0).set(new NDIndex("0, 4, 0, 0"), Float.NaN);
      assertThatThrownBy(() -> loss.evaluate(labels, heads)).isInstanceOf(NonFiniteException.class);
    }
  }

  @Test
  void contiguousHeadsAndTheirGradientsAreNotCopied() {
    NDList heads = leaves();
    try (YoloLoss loss = YoloLoss.of(SPEC, TestedBackend.BACKEND)) {
      long[] places = heads.stream().mapToLong(YoloLossTest::address).toArray();
      int before = manager.getManagedArrays().size();
      loss.evaluate(labels, heads).close();
      assertThat(manager.getManagedArrays()).hasSize(before);
      HeadViews.check(SPEC, heads);
      long[] read =
          HeadViews.of(SPEC, heads, TorchMemory.ofLoadedTorch()).stream()
              .mapToLong(view -> view.memory().address())
              .toArray();
      assertThat(read).isEqualTo(places);
    }
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      engine.compute(Copied.tensors(heads), Targets.ofRows(ROWS));
      List<HeadTensor> gradients = engine.gradients().tensors();
      try (GradientArrays arrays =
          new GradientArrays(TorchMemory.ofLoadedTorch(), heads, gradients)) {
        for (int layer = 0; layer < 2; layer++) {
          assertThat(address(arrays.flat().get(layer)))
              .isEqualTo(gradients.get(layer).memory().address());
        }
      }
    }
  }

  /** What a channels-last network gives: {@code [images, rows, columns, channels]} turned. */
  @Test
  void headsInAnotherOrderAreReadWhereTheyLieAndGetTheirGradient() {
    NDArray small = leaf(2, 8, 8, ATTRIBUTES);
    NDArray large = leaf(2, 4, 4, 2 * ATTRIBUTES);
    float[][] expected = new float[2][];
    double[] total = new double[1];
    try (YoloLoss loss = YoloLoss.of(SPEC, TestedBackend.BACKEND)) {
      inGraph(
          () -> {
            NDList heads = new NDList(small.transpose(0, 3, 1, 2), large.transpose(0, 3, 1, 2));
            Copied copied = Copied.of(SPEC, heads);
            total[0] = copied.total;
            for (int layer = 0; layer < 2; layer++) {
              Shape shape = heads.get(layer).getShape();
              expected[layer] =
                  manager
                      .create(copied.gradients.get(layer), shape)
                      .transpose(0, 2, 3, 1)
                      .toFloatArray();
            }
            int before = manager.getManagedArrays().size();
            NDArray value = loss.evaluate(labels, heads);
            assertThat(manager.getManagedArrays()).hasSize(before + 1);
            back(value);
            return value;
          });
      assertThat(loss.result().total()).isEqualTo(total[0]);
    }
    assertThat(small.getGradient().toFloatArray()).isEqualTo(expected[0]);
    assertThat(large.getGradient().toFloatArray()).isEqualTo(expected[1]);
  }

  private interface Change {
    NDArray of(NDArray loss);
  }

  /** The value; the gradients arrive in the heads. */
  private float stepBack(YoloLoss loss, NDList heads, Change change) {
    return inGraph(
            () -> {
              NDArray value = change.of(loss.evaluate(labels, heads));
              back(value);
              return value;
            })
        .getFloat();
  }

  private static NDArray inGraph(Supplier<NDArray> work) {
    GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector();
    try {
      return work.get();
    } finally {
      collector.close();
    }
  }

  private static void back(NDArray loss) {
    JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
  }

  private static LossSpec.Builder spec(Preset preset) {
    return LossSpec.builder(preset).classes(CLASSES).heads(HEADS);
  }

  private NDList labels(double[]... rows) {
    return new NDList(
        manager
            .create(Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray())
            .reshape(rows.length, 6));
  }

  private NDList leaves() {
    return new NDList(leaf(2, ATTRIBUTES, 8, 8), leaf(2, 2 * ATTRIBUTES, 4, 4));
  }

  private NDArray leaf(long... shape) {
    NDArray array = random(5, shape);
    array.setRequiresGradient(true);
    return array;
  }

  private NDArray random(long seed, long... shape) {
    Shape wanted = new Shape(shape);
    Random random = new Random(seed + wanted.size());
    float[] values = new float[(int) wanted.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return manager.create(values, wanted);
  }

  private static long address(NDArray array) {
    return MemorySegment.ofBuffer(array.toByteBuffer(true)).address();
  }

  /** The engine's answer for copies of the heads, so that nothing of the bridge takes part. */
  private record Copied(double total, List<float[]> gradients) {
    static Copied of(LossSpec spec, NDList heads) {
      try (LossEngine engine = LossEngine.open(spec, TestedBackend.BACKEND)) {
        double total = engine.compute(tensors(heads), Targets.ofRows(ROWS)).total();
        return new Copied(
            total,
            engine.copyToHost(engine.gradients().tensors(), Arena.ofAuto()).stream()
                .map(g -> g.memory().toArray(ValueLayout.JAVA_FLOAT))
                .toList());
      }
    }

    static List<HeadTensor> tensors(NDList heads) {
      return heads.stream()
          .map(
              h ->
                  HeadTensor.nchw(
                      MemorySegment.ofArray(h.toFloatArray()),
                      ElementType.F32,
                      (int) h.getShape().get(0),
                      (int) h.getShape().get(1) / ATTRIBUTES,
                      ATTRIBUTES,
                      (int) h.getShape().get(2),
                      (int) h.getShape().get(3)))
          .toList();
    }
  }
}
