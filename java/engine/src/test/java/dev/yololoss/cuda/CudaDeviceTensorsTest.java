package dev.yololoss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.yololoss.Backend;
import dev.yololoss.CudaBinding;
import dev.yololoss.DenseTensor;
import dev.yololoss.DevicePointer;
import dev.yololoss.ElementType;
import dev.yololoss.Gradients;
import dev.yololoss.GuardedTensor;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossOperations;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.NonFiniteException;
import dev.yololoss.RandomCase;
import dev.yololoss.Seed;
import dev.yololoss.TensorException;
import dev.yololoss.TensorValues;
import dev.yololoss.parity.CompareRuns;
import dev.yololoss.parity.StepCase;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tensors that lie on the device, in every layout and type, and what is refused of them. */
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class CudaDeviceTensorsTest {
  private static final Seed SEED = Seed.of(CudaDeviceTensorsTest.class);
  private static final RandomCase INPUT = RandomCase.draw(Preset.YOLOV5, RandomCase.Mood.CALM, 2);

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

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void gradientsAreThoseOfTheReferenceAndNothingBesideThemIsWritten(CudaBinding binding) {
    SEED.draws(150).forEach(seed -> check(binding, StepCase.draw(seed), seed));
  }

  private void check(CudaBinding binding, StepCase drawn, long seed) {
    RandomCase input = drawn.input();
    ElementType type =
        drawn.gradientType() == ElementType.F64 ? ElementType.F32 : drawn.gradientType();
    List<GuardedTensor> there =
        input.predictions().stream()
            .map(p -> RandomCase.like(p, type, drawn.gradientLayout(), (byte) 0x55))
            .toList();
    List<GuardedTensor> expected =
        input.predictions().stream()
            .map(p -> RandomCase.like(p, type, drawn.gradientLayout(), (byte) 0x55))
            .toList();
    List<HeadTensor> gradients = device.upload(there.stream().map(GuardedTensor::tensor).toList());
    try (LossEngine engine =
            LossEngine.open(input.spec(), EmulatedCuda.through(binding).with(drawn.policy()));
        LossEngine truth =
            LossEngine.open(
                input.spec(),
                dev.yololoss.EngineOptions.on(Backend.REFERENCE).with(drawn.policy()))) {
      Optional<NonFiniteException> thrown = Optional.empty();
      try {
        engine
            .compute(
                device.upload(input.predictions()),
                input.targets(),
                Gradients.into(gradients),
                drawn.scale())
            .total();
      } catch (NonFiniteException e) {
        thrown = Optional.of(e);
      }
      Optional<NonFiniteException> shouldThrow = Optional.empty();
      try {
        truth.compute(
            input.predictions(),
            input.targets(),
            Gradients.into(expected.stream().map(GuardedTensor::tensor).toList()),
            drawn.scale());
      } catch (NonFiniteException e) {
        shouldThrow = Optional.of(e);
      }
      String name = drawn.name(seed);
      assertThat(thrown.map(Exception::getMessage))
          .as(name)
          .isEqualTo(shouldThrow.map(Exception::getMessage));
      List<HeadTensor> found = device.download(gradients);
      for (int layer = 0; layer < found.size(); layer++) {
        GuardedTensor guarded = there.get(layer);
        // what came back goes to where its like lies, gaps too, so that guards can be looked at
        MemorySegment.copy(
            found.get(layer).memory(),
            0,
            guarded.tensor().memory(),
            0,
            found.get(layer).spanBytes());
        CompareRuns.gradient(
            name + ", layer " + layer, expected.get(layer).tensor(), guarded.tensor());
        assertThat(guarded.strayWrites()).as(name).isEmpty();
      }
    }
  }

  @Test
  void engineGradientsOnTheDeviceAreThoseOfTheReference() {
    try (LossEngine engine =
            LossEngine.open(INPUT.spec(), EmulatedCuda.through(CudaBinding.PANAMA));
        LossEngine truth = LossEngine.open(INPUT.spec(), Backend.REFERENCE)) {
      engine.compute(device.upload(INPUT.predictions()), INPUT.targets());
      truth.compute(INPUT.predictions(), INPUT.targets());
      List<HeadTensor> copies = engine.copyToHost(engine.gradients().tensors(), Arena.ofAuto());
      for (int layer = 0; layer < copies.size(); layer++) {
        assertThat(engine.gradients().tensors().get(layer).isOnDevice()).isTrue();
        CompareRuns.gradient(
            "layer " + layer, truth.gradients().tensors().get(layer), copies.get(layer));
        assertThat(TensorValues.of(copies.get(layer)))
            .isEqualTo(TensorValues.of(device.download(engine.gradients().tensors()).get(layer)));
      }
    }
  }

  @Test
  void aScanReadsWhatIsOnTheDevice() {
    HeadTensor first = INPUT.predictions().getFirst();
    first.set(0, 0, 0, 0, 0, Double.POSITIVE_INFINITY);
    try (LossEngine engine =
        LossEngine.open(INPUT.spec(), EmulatedCuda.through(CudaBinding.JCUDA))) {
      assertThat(engine.scan(device.upload(INPUT.predictions())))
          .isEqualTo(engine.scan(INPUT.predictions()))
          .isPresent();
    } finally {
      first.set(0, 0, 0, 0, 0, 0.5);
    }
  }

  @Test
  void javaCannotReadThem() {
    HeadTensor tensor = device.upload(INPUT.predictions().getFirst());
    assertThatThrownBy(() -> tensor.get(0, 0, 0, 0, 0))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("where Java cannot read it; copy it")
        .hasMessageContaining("LossEngine.copyToHost");
    assertThatThrownBy(() -> tensor.set(0, 0, 0, 0, 0, 1)).isInstanceOf(TensorException.class);
    assertThatThrownBy(tensor::memory).isInstanceOf(TensorException.class);
    assertThatThrownBy(() -> INPUT.predictions().getFirst().pointer())
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("memory of this machine");
  }

  @ParameterizedTest
  @EnumSource(
      names = {"REFERENCE", "NATIVE"},
      value = Backend.class)
  void otherBackendsCannotReachThem(Backend backend) {
    assumeTrue(
        backend == Backend.REFERENCE || NativeInThisBuild.isThere(), NativeInThisBuild.REASON);
    List<HeadTensor> there = device.upload(INPUT.predictions());
    try (LossEngine engine = LossEngine.open(INPUT.spec(), backend)) {
      for (Runnable call :
          List.<Runnable>of(
              () -> engine.compute(there, INPUT.targets()),
              () -> engine.value(there, INPUT.targets()),
              () -> engine.assign(there, INPUT.targets()),
              () -> engine.searchIgnored(there, INPUT.targets()),
              () -> engine.decode(there),
              () -> engine.scan(there))) {
        assertThatThrownBy(call::run)
            .isInstanceOf(TensorException.class)
            .hasMessageContaining("prediction 0 lies at 0x")
            .hasMessageContaining("the backend " + backend + " takes memory of this machine only");
      }
      assertThatThrownBy(
              () -> engine.compute(INPUT.predictions(), INPUT.targets(), Gradients.into(there)))
          .hasMessageContaining("gradient 0 lies at 0x");
    }
    try (LossOperations operations = LossOperations.open(backend)) {
      DenseTensor matrix = new DenseTensor(device.allocate(64), ElementType.F32, 2, 4);
      assertThatThrownBy(
              () ->
                  operations.overlap(
                      Overlap.IOU,
                      OverlapConvention.PLAIN,
                      matrix,
                      matrix,
                      matrix,
                      Optional.empty()))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("takes memory of this machine only");
    }
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void pointersThatCannotBeRightAreRefused(CudaBinding binding) {
    HeadTensor first = INPUT.predictions().getFirst();
    List<HeadTensor> rest = INPUT.predictions().subList(1, INPUT.predictions().size());
    DevicePointer room = device.allocate(first.spanBytes() + 64);
    assertThatThrownBy(() -> first.over(new DevicePointer(room.address(), 8, 0)))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("the memory has 8 bytes");
    assertThatThrownBy(() -> DevicePointer.of(0, 8)).hasMessageContaining("null");
    assertThatThrownBy(() -> room.plus(-1)).hasMessageContaining("allowed are 0..");
    try (LossEngine engine = LossEngine.open(INPUT.spec(), EmulatedCuda.through(binding))) {
      double expected = engine.compute(INPUT.predictions(), INPUT.targets()).total();
      refused(engine, first.over(room.plus(2)), rest, "no multiple of " + first.type().bytes());
      refused(
          engine,
          first.over(new DevicePointer(room.address(), room.byteSize(), 1)),
          rest,
          "on device 1; this engine computes on device 0");
      refused(
          engine,
          first.over(new DevicePointer(1L << 45, first.spanBytes(), 0)),
          rest,
          "which the driver knows no memory at");
      DevicePointer small = device.allocate(first.spanBytes() / 2);
      refused(
          engine,
          first.over(new DevicePointer(small.address(), first.spanBytes(), 0)),
          rest,
          "and needs " + first.spanBytes() + " bytes; the allocation there ends after");
      HeadTensor nowhere = first.over(new DevicePointer(1L << 45, first.spanBytes(), 0));
      assertThatThrownBy(() -> engine.copyToHost(List.of(nowhere), Arena.ofAuto()))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("which the driver knows no memory at");
      PinnedMemory pinned =
          device.context().call(() -> new PinnedMemory(device.context(), first.spanBytes()));
      refused(
          engine,
          first.over(new DevicePointer(pinned.segment().address(), pinned.bytes(), 0)),
          rest,
          "which is no memory of a device");
      device
          .context()
          .call(
              () -> {
                pinned.close();
                return pinned;
              });
      HeadTensor there = device.upload(first);
      List<HeadTensor> predictions = new java.util.ArrayList<>(List.of(there));
      predictions.addAll(rest);
      List<HeadTensor> same = new java.util.ArrayList<>(predictions);
      assertThatThrownBy(() -> engine.compute(predictions, INPUT.targets(), Gradients.into(same)))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("gradient 0 shares memory with prediction 0");
      assertThat(engine.compute(predictions, INPUT.targets()).total()).isEqualTo(expected);
    }
  }

  private static void refused(
      LossEngine engine, HeadTensor first, List<HeadTensor> rest, String words) {
    List<HeadTensor> predictions = new java.util.ArrayList<>(List.of(first));
    predictions.addAll(rest);
    assertThatThrownBy(() -> engine.compute(predictions, INPUT.targets()))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("prediction 0")
        .hasMessageContaining(words);
  }

  @Test
  void operationsReadAndWriteOnTheDevice() {
    try (LossOperations operations = LossOperations.open(EmulatedCuda.through(CudaBinding.JCUDA));
        Arena arena = Arena.ofConfined()) {
      DenseTensor boxes = new DenseTensor(arena.allocate(64, 8), ElementType.F64, 2, 4);
      for (int n = 0; n < 8; n++) {
        boxes.set(n / 4, n % 4, 0.2 * (1 + n % 4));
      }
      DenseTensor onDevice = new DenseTensor(device.allocate(64), ElementType.F64, 2, 4);
      DenseTensor value = new DenseTensor(arena.allocate(16, 8), ElementType.F64, 2, 1);
      operations.sigmoidBce(boxes, boxes, 1, 1, onDevice, Optional.empty());
      DenseTensor expected = new DenseTensor(arena.allocate(64, 8), ElementType.F64, 2, 4);
      operations.sigmoidBce(boxes, boxes, 1, 1, expected, Optional.empty());
      operations.overlap(
          Overlap.IOU, OverlapConvention.PLAIN, onDevice, expected, value, Optional.empty());
      assertThat(value.get(0, 0)).isBetween(0.999, 1.001);
      DenseTensor odd = new DenseTensor(device.allocate(80).plus(4), ElementType.F64, 2, 4);
      assertThatThrownBy(() -> operations.sigmoidBce(boxes, boxes, 1, 1, odd, Optional.empty()))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("at a multiple of 8");
    }
  }
}
