package dev.yololoss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.CudaBinding;
import dev.yololoss.CudaStream;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossOperations;
import dev.yololoss.LossResult;
import dev.yololoss.NonFiniteException;
import dev.yololoss.RandomCase;
import dev.yololoss.Targets;
import dev.yololoss.TensorLayout;
import dev.yololoss.TensorValues;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Steps in a graph of the caller's, and what else an engine is asked for beside that. */
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class CudaCaptureTest {
  private static final Heads HEADS =
      Heads.builder().head(16, 12, 16).head(32, 20, 24, 60, 40).build();
  private static final LossSpec SPEC =
      LossSpec.builder(Preset.YOLOV5).classes(3).heads(HEADS).build();
  private static final RandomCase INPUT = input(SPEC, 1);

  private TestDevice device;
  private long stream;
  private EngineOptions options;
  private List<HeadTensor> predictions;

  @BeforeEach
  void open() {
    Emulator.reset();
    device = new TestDevice();
    stream = device.context().call(() -> device.driver().streamCreate(StreamKind.APART));
    EngineOptions standard = EmulatedCuda.through(CudaBinding.PANAMA);
    options = standard.with(standard.cuda().on(CudaStream.of(stream)));
    predictions = device.upload(INPUT.predictions());
  }

  @AfterEach
  void nothingIsLeft() {
    run(() -> device.driver().streamDestroy(stream));
    device.close();
    Emulator.requireClean();
    Emulator.reset();
  }

  private static RandomCase input(LossSpec spec, long seed) {
    return RandomCase.of(spec, RandomCase.Mood.CALM, seed).as(ElementType.F32, TensorLayout.NCHW);
  }

  private void run(Runnable work) {
    device
        .context()
        .call(
            () -> {
              work.run();
              return device;
            });
  }

  private Graph capture(Runnable work) {
    return device.context().call(() -> Graph.capture(device.driver(), stream, work));
  }

  private void launch(Graph graph) {
    run(() -> graph.launch(stream));
  }

  private void close(Graph graph) {
    run(
        () -> {
          device.driver().ctxSynchronize();
          graph.close();
        });
  }

  private List<double[]> values(List<HeadTensor> tensors) {
    return device.download(tensors).stream().map(TensorValues::of).toList();
  }

  private List<double[]> gradients(LossEngine engine) {
    return values(engine.gradients().tensors());
  }

  /** What an engine without any graph finds. */
  private List<double[]> expected(List<HeadTensor> where, Targets targets) {
    try (LossEngine engine = LossEngine.open(SPEC, EmulatedCuda.through(CudaBinding.PANAMA))) {
      engine.compute(where, targets).total();
      return gradients(engine);
    }
  }

  /** More than a new engine has room for. */
  private static Targets crowd(long seed) {
    return INPUT.crowd(70, new Random(seed));
  }

  private static void assertSame(List<double[]> found, List<double[]> expected) {
    assertThat(found).usingRecursiveComparison().isEqualTo(expected);
  }

  private static void assertRefused(Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot be while its stream is captured");
  }

  /** The graph and the engine's next plan write the same memory and do not know of each other. */
  @Test
  void nothingOfAGraphStaysInTheNextPlansGradientsNorTheOtherWayRound() {
    Targets crowd = crowd(1);
    List<double[]> few = expected(predictions, INPUT.targets());
    List<double[]> many = expected(predictions, crowd);
    assertThat(many.getFirst()).isNotEqualTo(few.getFirst());
    try (LossEngine engine = LossEngine.open(SPEC, options)) {
      engine.compute(predictions, INPUT.targets()).total();
      Graph graph = capture(() -> engine.compute(predictions, INPUT.targets()));
      for (int round = 0; round < 3; round++) {
        engine.compute(predictions, crowd).total();
        assertSame(gradients(engine), many);
        launch(graph);
        assertSame(gradients(engine), few);
      }
      close(graph);
    }
  }

  /** After a plan change what is in the gradients is another plan's, until a step has run. */
  @Test
  void aCaptureThatHasNotRunHasClearedNothing() {
    Targets crowd = crowd(1);
    try (LossEngine engine = LossEngine.open(SPEC, options)) {
      engine.compute(predictions, INPUT.targets()).total();
      engine.value(predictions, crowd).total(); // a larger plan, and gradients of the smaller
      Graph graph = capture(() -> engine.compute(predictions, crowd));
      engine.compute(predictions, Targets.none()).total();
      assertSame(gradients(engine), expected(predictions, Targets.none()));
      close(graph);
    }
  }

  @Test
  void aGraphsGradientsStayWhenTheEngineGoesOnWithOthers() {
    RandomCase other = input(SPEC, 6);
    try (LossEngine engine = LossEngine.open(SPEC, options)) {
      engine.compute(predictions, INPUT.targets()).total();
      Graph graph = capture(() -> engine.compute(predictions, INPUT.targets()));
      List<HeadTensor> written = engine.gradients().tensors();
      List<HeadTensor> others = device.upload(other.predictions());
      engine.compute(others, other.targets()).total();
      assertThat(engine.gradients().tensors().getFirst().pointer().address())
          .isNotEqualTo(written.getFirst().pointer().address());
      launch(graph);
      assertSame(values(written), expected(predictions, INPUT.targets()));
      assertSame(gradients(engine), expected(others, other.targets()));
      close(graph);
    }
  }

  @Test
  void aStepThatWasNotLaunchedHasNoResult() {
    try (LossEngine engine = LossEngine.open(SPEC, options)) {
      double total = engine.compute(predictions, INPUT.targets()).total();
      AtomicReference<LossResult> captured = new AtomicReference<>();
      Graph graph = capture(() -> captured.set(engine.compute(predictions, INPUT.targets())));
      for (int again = 0; again < 2; again++) {
        assertThatThrownBy(captured.get()::total)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("the graph that holds this step was not launched yet");
      }
      assertThat(engine.copyToHost(engine.gradients().tensors(), Arena.ofAuto())).hasSize(2);
      launch(graph);
      assertThat(captured.get().total()).isEqualTo(total);
      close(graph);
    }
  }

  @Test
  @OnEmulatedDevice
  void readingAnEarlierResultPutsNothingIntoTheGraph() {
    HeadTensor spoilt =
        RandomCase.copy(INPUT.predictions().getFirst(), ElementType.F32, TensorLayout.NCHW);
    spoilt.set(0, 0, 4, 0, 0, Double.NaN);
    List<HeadTensor> bad = List.of(device.upload(spoilt), predictions.get(1));
    try (LossEngine engine = LossEngine.open(SPEC, options)) {
      LossResult good = engine.compute(predictions, INPUT.targets());
      long copies = Emulator.calls("cuMemcpyDtoHAsync");
      close(capture(() -> assertRefused(good::matches)));
      assertThat(Emulator.calls("cuMemcpyDtoHAsync")).isEqualTo(copies);
      assertThat(good.matches()).isNotEmpty();
      engine.compute(bad, INPUT.targets()).targets();
      LossResult thrown = engine.compute(bad, INPUT.targets());
      long launches = Emulator.calls("cuLaunchKernel");
      close(capture(() -> assertRefused(thrown::total)));
      assertThat(Emulator.calls("cuLaunchKernel")).isEqualTo(launches);
      assertThatThrownBy(thrown::total).isInstanceOf(NonFiniteException.class);
      assertThat(gradients(engine)).allSatisfy(g -> assertThat(g).containsOnly(0));
    }
  }

  @Test
  void aBalanceThatFollowsCannotBeCaptured() {
    LossSpec spec =
        LossSpec.builder(Preset.YOLOV5)
            .classes(3)
            .heads(HEADS)
            .option("reduction.autobalance", true)
            .build();
    try (LossEngine engine = LossEngine.open(spec, options)) {
      engine.compute(predictions, INPUT.targets()).total();
      assertThatThrownBy(() -> capture(() -> engine.compute(predictions, INPUT.targets())))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the balance factors of reduction.autobalance would stay");
      AtomicReference<LossResult> value = new AtomicReference<>();
      Graph graph = capture(() -> value.set(engine.value(predictions, INPUT.targets())));
      launch(graph);
      assertThat(value.get().total()).isFinite();
      close(graph);
    }
  }

  @Test
  @OnEmulatedDevice
  void whatCannotBeCapturedIsRefusedBeforeItDoesAnything() {
    List<String> work =
        List.of(
            "cuMemAlloc",
            "cuMemcpyHtoDAsync",
            "cuLaunchKernel",
            "cuMemsetD8Async",
            "cuModuleLoadData");
    try (LossEngine engine = LossEngine.open(SPEC, options);
        LossOperations operations = LossOperations.open(options);
        Arena arena = Arena.ofConfined()) {
      engine.compute(predictions, INPUT.targets()).total();
      var boxes = new dev.yololoss.DenseTensor(arena.allocate(64, 8), ElementType.F64, 2, 4);
      for (Runnable call :
          List.<Runnable>of(
              () -> engine.assign(predictions, INPUT.targets()),
              () -> engine.searchIgnored(predictions, INPUT.targets()),
              () -> engine.decode(predictions),
              () -> LossEngine.open(SPEC, options),
              () -> LossOperations.open(options),
              () -> operations.sigmoidBce(boxes, boxes, 1, 1, boxes, java.util.Optional.empty()))) {
        long before = work.stream().mapToLong(Emulator::calls).sum();
        close(capture(() -> assertRefused(call)));
        assertThat(work.stream().mapToLong(Emulator::calls).sum()).isEqualTo(before);
      }
      assertThatThrownBy(
              () ->
                  capture(
                      () ->
                          engine.compute(
                              predictions,
                              INPUT.targets(),
                              dev.yololoss.Gradients.into(
                                  INPUT.predictions().stream()
                                      .map(p -> RandomCase.copy(p, p.type(), TensorLayout.NCHW))
                                      .toList()))))
          .hasMessageContaining("tensors must be on the device");
    }
  }

  @Test
  @OnEmulatedDevice
  void aCaptureThatFailsLeavesThePlaceToTheNext() {
    try (LossEngine engine = LossEngine.open(SPEC, options)) {
      double total = engine.compute(predictions, INPUT.targets()).total();
      Emulator.failCall("cuLaunchKernel", 1, 1, 701);
      assertThatThrownBy(() -> capture(() -> engine.compute(predictions, INPUT.targets())))
          .hasMessageContaining("cuLaunchKernel failed");
      AtomicReference<LossResult> captured = new AtomicReference<>();
      Graph graph = capture(() -> captured.set(engine.compute(predictions, INPUT.targets())));
      launch(graph);
      assertThat(captured.get().total()).isEqualTo(total);
      close(graph);
    }
  }
}
