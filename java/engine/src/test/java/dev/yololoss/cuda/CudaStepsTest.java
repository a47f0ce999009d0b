package dev.yololoss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.Backend;
import dev.yololoss.CopiedBytes;
import dev.yololoss.CudaBinding;
import dev.yololoss.CudaStream;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.Gradients;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.LossState;
import dev.yololoss.NonFiniteException;
import dev.yololoss.RandomCase;
import dev.yololoss.Targets;
import dev.yololoss.TensorLayout;
import dev.yololoss.TensorValues;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When the engine waits for the device, and what happens beside it meanwhile. */
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class CudaStepsTest {
  private static final Heads HEADS =
      Heads.builder().head(16, 12, 16).head(32, 20, 24, 60, 40).build();
  private static final LossSpec SPEC = spec(Preset.YOLOV5);
  private static final RandomCase INPUT = input(SPEC, 1);
  private static final List<String> WAITS =
      List.of("cuEventSynchronize", "cuStreamSynchronize", "cuCtxSynchronize", "cuStreamQuery");
  private static final List<String> ALLOCATIONS =
      List.of("cuMemAlloc", "cuMemHostAlloc", "cuMemFree", "cuMemFreeHost", "cuStreamBeginCapture");

  private TestDevice device;

  @BeforeEach
  void open() {
    Emulator.reset();
    device = new TestDevice();
  }

  @AfterEach
  void nothingIsLeft() {
    device.close();
    Emulator.requireClean();
    Emulator.reset();
  }

  private static LossSpec spec(Preset preset) {
    return LossSpec.builder(preset).classes(3).heads(HEADS).build();
  }

  private static RandomCase input(LossSpec spec, long seed) {
    return RandomCase.of(spec, RandomCase.Mood.CALM, seed).as(ElementType.F32, TensorLayout.NCHW);
  }

  private static long calls(List<String> functions) {
    return functions.stream().mapToLong(Emulator::calls).sum();
  }

  private static double expected(RandomCase input) {
    try (LossEngine engine =
        LossEngine.open(input.spec(), EmulatedCuda.through(CudaBinding.PANAMA))) {
      return engine.compute(input.predictions(), input.targets()).total();
    }
  }

  private static List<double[]> values(List<HeadTensor> tensors) {
    return tensors.stream().map(TensorValues::of).toList();
  }

  @ParameterizedTest
  @OnEmulatedDevice
  @EnumSource(CudaBinding.class)
  void aStepWaitsForNothingAllocatesNothingAndLaunchesOneGraphUntilAllPlacesAreTaken(
      CudaBinding binding) {
    double expected = expected(INPUT);
    List<HeadTensor> predictions = device.upload(INPUT.predictions());
    try (LossEngine engine = LossEngine.open(SPEC, EmulatedCuda.through(binding))) {
      for (int n = 0; n < StepPlaces.SLOTS; n++) { // a graph for each place
        assertThat(engine.compute(predictions, INPUT.targets()).total()).isEqualTo(expected);
      }
      long waits = calls(WAITS);
      long oneWait = Emulator.calls("cuEventSynchronize") + 1;
      long allocations = calls(ALLOCATIONS);
      long graphs = Emulator.calls("cuGraphLaunch");
      long launches = Emulator.calls("cuLaunchKernel");
      long nothing = Emulator.pending();
      for (int n = 0; n < StepPlaces.SLOTS; n++) {
        engine.compute(predictions, INPUT.targets());
      }
      long all = Emulator.pending() - nothing;
      assertThat(all).as("nothing is done yet").isPositive();
      assertThat(calls(WAITS)).isEqualTo(waits);
      LossResult last = engine.compute(predictions, INPUT.targets());
      assertThat(Emulator.calls("cuEventSynchronize")).as("for its place").isEqualTo(oneWait);
      assertThat(calls(WAITS)).isEqualTo(waits + 1);
      assertThat(Emulator.pending() - nothing).as("only the oldest is done").isEqualTo(all);
      assertThat(calls(ALLOCATIONS)).isEqualTo(allocations);
      assertThat(Emulator.calls("cuGraphLaunch")).isEqualTo(graphs + StepPlaces.SLOTS + 1);
      assertThat(Emulator.calls("cuLaunchKernel")).isEqualTo(launches);
      assertThat(last.total()).isEqualTo(expected);
      assertThat(last.matches()).isNotEmpty();
      assertThat(engine.copied()).isEqualTo(new CopiedBytes(0, 0));
    }
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void copiesOfTensorsAreCounted(CudaBinding binding) {
    long bytes = INPUT.predictions().stream().mapToLong(p -> 4 * p.size()).sum();
    try (LossEngine engine = LossEngine.open(SPEC, EmulatedCuda.through(binding))) {
      engine.compute(INPUT.predictions(), INPUT.targets());
      assertThat(engine.copied()).isEqualTo(new CopiedBytes(bytes, 0));
      Gradients own =
          Gradients.into(
              INPUT.predictions().stream()
                  .map(
                      p ->
                          RandomCase.like(p, p.type(), TensorLayout.PADDED_ROWS, (byte) 0x55)
                              .tensor())
                  .toList());
      engine.compute(INPUT.predictions(), INPUT.targets(), own);
      assertThat(engine.copied()).isEqualTo(new CopiedBytes(2 * bytes, bytes));
    }
  }

  /** THROW is for the reader of the result; gradients are zero then, and the state is as before. */
  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void whatIsNotFiniteIsThrownWhenTheResultIsRead(CudaBinding binding) {
    LossSpec spec =
        LossSpec.builder(Preset.YOLOV5)
            .classes(3)
            .heads(HEADS)
            .option("reduction.autobalance", true)
            .build();
    RandomCase input = input(spec, 1);
    List<HeadTensor> good = device.upload(input.predictions());
    HeadTensor spoilt =
        RandomCase.copy(input.predictions().getFirst(), ElementType.F32, TensorLayout.NCHW);
    spoilt.set(0, 0, 4, 0, 0, Double.NaN);
    List<HeadTensor> bad = List.of(device.upload(spoilt), good.get(1));
    try (LossEngine engine = LossEngine.open(spec, EmulatedCuda.through(binding))) {
      engine.compute(good, input.targets()).total();
      LossState before = engine.state();
      LossResult result = engine.compute(bad, input.targets());
      List<HeadTensor> gradients = engine.gradients().tensors();
      for (int again = 0; again < 2; again++) {
        assertThatThrownBy(result::parts).isInstanceOf(NonFiniteException.class);
      }
      assertThat(values(device.download(gradients))).allSatisfy(g -> assertThat(g).containsOnly(0));
      assertThat(engine.state()).isEqualTo(before);
      LossResult next = engine.compute(good, input.targets());
      assertThat(next.total()).isFinite();
      assertThat(engine.state()).isNotEqualTo(before);
      // nobody reads this one: the state stays all the same, and copies are of zeros
      LossState later = engine.state();
      engine.compute(bad, input.targets());
      assertThat(values(engine.copyToHost(engine.gradients().tensors(), Arena.ofAuto())))
          .allSatisfy(g -> assertThat(g).containsOnly(0));
      assertThat(engine.state()).isEqualTo(later);
    }
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void theStateFollowsAsOnTheReference(CudaBinding binding) {
    LossSpec spec =
        LossSpec.builder(Preset.YOLOV5)
            .classes(3)
            .heads(HEADS)
            .option("reduction.autobalance", true)
            .build();
    try (LossEngine engine = LossEngine.open(spec, EmulatedCuda.through(binding));
        LossEngine truth = LossEngine.open(spec, Backend.REFERENCE)) {
      for (int step = 0; step < 6; step++) {
        RandomCase input = input(spec, step);
        engine.compute(input.predictions(), input.targets()); // unread
        truth.compute(input.predictions(), input.targets());
      }
      for (int layer = 0; layer < 2; layer++) {
        assertThat(engine.state().balance().get(layer))
            .isCloseTo(
                truth.state().balance().get(layer), org.assertj.core.data.Offset.offset(1e-8));
      }
    }
  }

  /** Shapes come and go, and crowds; nothing of an earlier plan may remain. */
  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void shapesAndTheNumberOfTargetsChange(CudaBinding binding) {
    Random random = new Random(5);
    try (LossEngine engine = LossEngine.open(SPEC, EmulatedCuda.through(binding));
        LossEngine truth = LossEngine.open(SPEC, Backend.REFERENCE)) {
      for (int step = 0; step < 12; step++) {
        RandomCase shape = input(SPEC, step % 3 == 0 ? step : 2);
        int count = new int[] {0, 3, 64, 65, 300, 7}[step % 6];
        Targets rows = shape.crowd(count, random);
        double total = engine.compute(shape.predictions(), rows).total();
        double expected = truth.compute(shape.predictions(), rows).total();
        assertThat(total)
            .as("step " + step)
            .isCloseTo(expected, org.assertj.core.data.Percentage.withPercentage(1e-3));
        assertThat(engine.decode(input(SPEC, step + 1).predictions()).boxes()).isPositive();
      }
    }
  }

  @Test
  void aResultOutlivesDecodingOfOtherShapes() {
    RandomCase other = input(SPEC, 6);
    try (LossEngine engine = LossEngine.open(SPEC, EmulatedCuda.through(CudaBinding.PANAMA))) {
      LossResult result = engine.compute(INPUT.predictions(), INPUT.targets());
      for (RandomCase shape : List.of(INPUT, other, input(SPEC, 8))) {
        engine.decode(shape.predictions());
      }
      assertThat(result.total()).isEqualTo(expected(INPUT));
      assertThat(result.matches()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @OnEmulatedDevice
  @EnumSource(CudaBinding.class)
  void theCallersStreamCarriesTheWork(CudaBinding binding) {
    double expected = expected(INPUT);
    CUstream own = new CUstream();
    device.context().call(() -> JCudaDriver.cuStreamCreate(own, 1));
    CudaStream stream =
        binding == CudaBinding.JCUDA ? CudaStream.of(own) : CudaStream.of(JcudaHandles.handle(own));
    EngineOptions options = EmulatedCuda.through(binding);
    List<HeadTensor> predictions = device.upload(INPUT.predictions());
    try (LossEngine engine = LossEngine.open(SPEC, options.with(options.cuda().on(stream)))) {
      LossResult result = engine.compute(predictions, INPUT.targets());
      assertThat(device.context().call(() -> device.driver().streamQuery(stream.handle())))
          .isFalse();
      device
          .context()
          .call(
              () -> {
                device.driver().streamSynchronize(stream.handle());
                return device;
              });
      assertThat(Emulator.pending()).as("all of it was on this stream").isZero();
      assertThat(result.total()).isEqualTo(expected);
    }
    if (binding == CudaBinding.JCUDA) {
      CudaStream byAddress = CudaStream.of(stream.handle());
      assertThatThrownBy(() -> LossEngine.open(SPEC, options.with(options.cuda().on(byAddress))))
          .as("forgotten with the engine: what lies there may be another's now")
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("was not made by JCuda");
    }
    device.context().call(() -> JCudaDriver.cuStreamDestroy(own));
  }

  @Test
  void aForeignStreamIsNotForJcuda() {
    long stream = device.context().call(() -> device.driver().streamCreate(StreamKind.APART));
    EngineOptions options = EmulatedCuda.through(CudaBinding.JCUDA);
    assertThatThrownBy(
            () -> LossEngine.open(SPEC, options.with(options.cuda().on(CudaStream.of(stream)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("was not made by JCuda")
        .hasMessageContaining("use CudaBinding.PANAMA");
    device
        .context()
        .call(
            () -> {
              device.driver().streamDestroy(stream);
              return device;
            });
  }

  /** A step in a graph of the caller's, launched again and again, between steps of its own. */
  @Test
  void theCallerCapturesAStep() {
    double expected = expected(INPUT);
    Driver driver = device.driver();
    long stream = device.context().call(() -> driver.streamCreate(StreamKind.APART));
    List<HeadTensor> predictions = device.upload(INPUT.predictions());
    EngineOptions options = EmulatedCuda.through(CudaBinding.PANAMA);
    try (LossEngine engine =
        LossEngine.open(SPEC, options.with(options.cuda().on(CudaStream.of(stream))))) {
      assertThatThrownBy(() -> capture(stream, () -> engine.compute(predictions, INPUT.targets())))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("compute once with these shapes");
      List<double[]> gradients = new ArrayList<>();
      engine.compute(predictions, INPUT.targets()).total();
      gradients.addAll(values(device.download(engine.gradients().tensors())));
      assertThatThrownBy(
              () -> capture(stream, () -> engine.compute(INPUT.predictions(), INPUT.targets())))
          .hasMessageContaining("tensors must be on the device");
      AtomicReference<LossResult> captured = new AtomicReference<>();
      Graph graph =
          capture(
              stream,
              () -> {
                captured.set(engine.compute(predictions, INPUT.targets()));
                assertThatThrownBy(captured.get()::total)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("cannot be while its stream is captured");
              });
      for (int round = 0; round < 5; round++) {
        device
            .context()
            .call(
                () -> {
                  graph.launch(stream);
                  return graph;
                });
        assertThat(captured.get().total()).isEqualTo(expected);
        assertThat(captured.get().matches()).isNotEmpty();
        assertThat(values(device.download(engine.gradients().tensors())))
            .usingRecursiveComparison()
            .isEqualTo(gradients);
      }
      assertThatThrownBy(() -> capture(stream, () -> engine.compute(predictions, INPUT.targets())))
          .hasMessageContaining("open another engine for another");
      for (int step = 0; step < 4; step++) {
        assertThat(engine.compute(predictions, INPUT.targets()).total()).isEqualTo(expected);
        device
            .context()
            .call(
                () -> {
                  graph.launch(stream);
                  return graph;
                });
        assertThat(values(device.download(engine.gradients().tensors())))
            .usingRecursiveComparison()
            .isEqualTo(gradients);
      }
      device
          .context()
          .call(
              () -> {
                driver.ctxSynchronize();
                graph.close();
                return graph;
              });
    }
    device
        .context()
        .call(
            () -> {
              driver.streamDestroy(stream);
              return driver;
            });
  }

  private Graph capture(long stream, Runnable work) {
    return device.context().call(() -> Graph.capture(device.driver(), stream, work));
  }

  /** Engines on two threads, each through its own binding and stream. */
  @Test
  void enginesWorkSideBySide() throws InterruptedException {
    double expected = expected(INPUT);
    List<Throwable> failures = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (CudaBinding binding : CudaBinding.values()) {
      for (int n = 0; n < 2; n++) {
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      try (LossEngine engine =
                          LossEngine.open(SPEC, EmulatedCuda.through(binding))) {
                        for (int step = 0; step < 15; step++) {
                          assertThat(engine.compute(INPUT.predictions(), INPUT.targets()).total())
                              .isEqualTo(expected);
                        }
                      } catch (Throwable e) {
                        synchronized (failures) {
                          failures.add(e);
                        }
                      }
                    }));
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
  }

  /** A result is read from the engine's own memory, so by one thread at a time. */
  @Test
  void aResultIsReadByOneThreadAtATime() throws InterruptedException {
    try (LossEngine engine = LossEngine.open(SPEC, EmulatedCuda.through(CudaBinding.PANAMA))) {
      LossResult result = engine.compute(INPUT.predictions(), INPUT.targets());
      List<Throwable> seen = new ArrayList<>();
      engine.copyToHost(
          INPUT.predictions(),
          (bytes, alignment) -> {
            Thread other =
                Thread.ofPlatform()
                    .start(
                        () -> {
                          try {
                            result.total();
                          } catch (RuntimeException e) {
                            seen.add(e);
                          }
                        });
            try {
              other.join();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return Arena.ofAuto().allocate(bytes, alignment);
          });
      assertThat(seen)
          .hasSize(2)
          .allSatisfy(
              e ->
                  assertThat(e)
                      .isInstanceOf(IllegalStateException.class)
                      .hasMessageContaining("this engine is in use by thread"));
      assertThat(result.total()).isFinite();
    }
  }

  /** The other engine's steps change nothing, whatever order they come in. */
  @Test
  void enginesTakeTurnsOnOneThread() {
    RandomCase other = input(spec(Preset.YOLOV3_BCE), 4);
    double expected = expected(INPUT);
    double expectedOther = expected(other);
    try (LossEngine a = LossEngine.open(SPEC, EmulatedCuda.through(CudaBinding.JCUDA));
        LossEngine b = LossEngine.open(other.spec(), EmulatedCuda.through(CudaBinding.PANAMA))) {
      for (int step = 0; step < 5; step++) {
        LossResult first = a.compute(INPUT.predictions(), INPUT.targets());
        LossResult second = b.compute(other.predictions(), other.targets());
        assertThat(second.total()).isEqualTo(expectedOther);
        assertThat(first.total()).isEqualTo(expected);
      }
    }
  }
}
