package dev.yololoss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.CudaBinding;
import dev.yololoss.CudaOptions;
import dev.yololoss.DeviceException;
import dev.yololoss.DeviceLostException;
import dev.yololoss.EngineOptions;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.OutOfDeviceMemoryException;
import dev.yololoss.RandomCase;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way in which the driver can fail: what is thrown, and what still works afterwards. */
@OnEmulatedDevice
class CudaErrorsTest {
  private static final int OUT_OF_MEMORY = 2;
  private static final int ILLEGAL_ADDRESS = 700;
  private static final int OUT_OF_RESOURCES = 701;
  private static final int LAUNCH_FAILED = 719;

  private static final Heads HEADS =
      Heads.builder().head(16, 12, 16).head(32, 20, 24, 60, 40).build();
  private static final LossSpec SPEC =
      LossSpec.builder(Preset.YOLOV3_LOGITS).classes(3).heads(HEADS).build();
  private static final RandomCase INPUT = RandomCase.of(SPEC, RandomCase.Mood.CALM, 3);

  @BeforeEach
  void fresh() {
    Emulator.reset();
  }

  @AfterEach
  void forget() {
    Emulator.reset();
  }

  private static LossEngine open(CudaBinding binding) {
    return LossEngine.open(SPEC, EmulatedCuda.through(binding));
  }

  private static LossResult compute(LossEngine engine) {
    return engine.compute(INPUT.predictions(), INPUT.targets());
  }

  private static double expected() {
    try (LossEngine engine = open(CudaBinding.JCUDA)) {
      return compute(engine).total();
    }
  }

  /** One failing call after the other, through opening and a step, until none is left to fail. */
  @ParameterizedTest
  @CsvSource({
    "JCUDA, cuMemAlloc, 2",
    "PANAMA, cuMemAlloc, 2",
    "JCUDA, cuMemHostAlloc, 2",
    "PANAMA, cuMemHostAlloc, 2",
    "JCUDA, cuStreamCreate, 304",
    "PANAMA, cuEventCreate, 304",
    "JCUDA, cuModuleLoadData, 300",
    "PANAMA, cuModuleLoadData, 300",
    "JCUDA, cuModuleGetFunction, 500",
    "PANAMA, cuMemcpyHtoDAsync, 1",
    "PANAMA, cuMemsetD8Async, 1",
    "PANAMA, cuStreamBeginCapture, 901",
    "JCUDA, cuLaunchKernel, 701",
    "PANAMA, cuLaunchKernel, 701",
    "JCUDA, cuStreamEndCapture, 901",
    "PANAMA, cuGraphInstantiateWithFlags, 801",
    "JCUDA, cuGraphLaunch, 701",
    "PANAMA, cuGraphLaunch, 701",
    "PANAMA, cuEventRecord, 304",
    "PANAMA, cuMemcpyDtoHAsync, 1",
    "PANAMA, cuPointerGetAttribute, 304"
  })
  void aFailedCallIsToldAndTheNextStepIsRight(CudaBinding binding, String function, int status) {
    double expected = expected();
    boolean failed = true;
    for (int skip = 0; failed; skip++) {
      assertThat(skip).as("calls of " + function).isLessThan(500);
      Emulator.failCall(function, skip, 1, status);
      long before = Emulator.calls(function);
      failed = failsOnce(binding, expected, status) || Emulator.calls(function) - before > skip;
      Emulator.failCall(function, 0, 0, status);
      Emulator.requireClean();
    }
  }

  /** Whether something has failed, on the way to two good steps. */
  private static boolean failsOnce(CudaBinding binding, double expected, int status) {
    boolean failed = false;
    LossEngine engine;
    try {
      engine = open(binding);
    } catch (DeviceException e) {
      assertThat(e.status()).isEqualTo(status);
      engine = open(binding);
      failed = true;
    }
    try (LossEngine opened = engine) {
      for (int step = 0; step < 3; step++) {
        try {
          assertThat(compute(opened).total()).isEqualTo(expected);
          assertThat(
                  opened.copyToHost(opened.gradients().tensors(), java.lang.foreign.Arena.ofAuto()))
              .hasSize(2);
        } catch (DeviceException e) {
          assertThat(failed).as("fails once").isFalse();
          assertThat(e.status()).isEqualTo(status);
          failed = true;
        }
      }
    }
    return failed;
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void outOfMemorySaysHowMuchThereIsAndLeavesTheEngineUsable(CudaBinding binding) {
    double expected = expected();
    try (LossEngine engine = open(binding)) {
      Emulator.set("total_memory", 300_000);
      Emulator.failCall("cuMemAlloc", 3, 1, OUT_OF_MEMORY);
      assertThatThrownBy(() -> compute(engine))
          .isInstanceOfSatisfying(
              OutOfDeviceMemoryException.class,
              e -> {
                assertThat(e.wanted()).isPositive();
                assertThat(e.total()).isEqualTo(300_000);
                assertThat(e.free()).isBetween(1L, 300_000L);
              })
          .hasMessageContaining("out of memory: wanted")
          .hasMessageContaining("of 300000");
      Emulator.set("total_memory", 8L << 30);
      assertThat(compute(engine).total()).isEqualTo(expected);
    }
    Emulator.requireClean();
  }

  @ParameterizedTest
  @CsvSource({
    "JCUDA, 700",
    "PANAMA, 700",
    "JCUDA, 719",
    "PANAMA, 719",
    "JCUDA, 716",
    "JCUDA, 226",
    "PANAMA, 810",
    "JCUDA, 911"
  })
  void aStickyErrorPoisonsTheEngineAndCloseStillWorks(CudaBinding binding, int status) {
    LossEngine engine = open(binding);
    compute(engine).total();
    Emulator.failKernel("yolo_loss_and_ignored", 0, status);
    LossResult lost = compute(engine);
    assertThatThrownBy(lost::total)
        .isInstanceOf(DeviceLostException.class)
        .hasMessageContaining("the device is lost to this process: cu")
        .hasMessageContaining("(" + status + ")")
        .hasCauseInstanceOf(DeviceException.class);
    long calls = Emulator.calls("cuCtxPushCurrent");
    for (Runnable later :
        List.<Runnable>of(
            () -> compute(engine),
            () -> engine.value(INPUT.predictions(), INPUT.targets()),
            () -> engine.assign(INPUT.predictions(), INPUT.targets()),
            () -> engine.decode(INPUT.predictions()))) {
      assertThatThrownBy(later::run)
          .isInstanceOf(DeviceLostException.class)
          .hasMessageContaining("(" + status + ")");
    }
    assertThat(Emulator.calls("cuCtxPushCurrent")).as("asks nobody any more").isEqualTo(calls);
    assertThatCode(engine::close).doesNotThrowAnyException();
    assertThatCode(engine::close).doesNotThrowAnyException();
  }

  /** A step that nobody has read: its error would otherwise never be told. */
  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void whatIsFirstSeenInCloseIsToldByClose(CudaBinding binding) {
    LossEngine engine = open(binding);
    compute(engine).total();
    Emulator.failKernel("yolo_loss_and_ignored", 0, ILLEGAL_ADDRESS);
    compute(engine);
    assertThatThrownBy(engine::close)
        .isInstanceOf(DeviceLostException.class)
        .hasMessageContaining("(" + ILLEGAL_ADDRESS + ")");
    assertThatCode(engine::close).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({"cuMemHostAlloc, pinned memory", "cuGraphInstantiateWithFlags, a step's graph"})
  void otherMemoryThatIsShortIsNotThatOfTheDevice(String function, String words) {
    try (LossEngine engine = open(CudaBinding.PANAMA)) {
      Emulator.failCall(function, 0, 1, OUT_OF_MEMORY);
      assertThatThrownBy(() -> compute(engine))
          .isInstanceOfSatisfying(
              OutOfDeviceMemoryException.class, e -> assertThat(e.total()).isEqualTo(-1))
          .hasMessageContaining(words)
          .hasMessageNotContaining("on the device");
      assertThat(compute(engine).total()).isFinite();
    }
    Emulator.requireClean();
  }

  @ParameterizedTest
  @CsvSource({
    "JCUDA, assign_targets",
    "PANAMA, search_ignored",
    "JCUDA, yolo_loss_and_ignored",
    "PANAMA, yolo_loss_and_ignored"
  })
  void debugModeNamesTheKernel(CudaBinding binding, String kernel) {
    EngineOptions options = EmulatedCuda.through(binding);
    CudaOptions debugging = options.cuda().debugging();
    double expected = expected();
    LossEngine engine = LossEngine.open(SPEC, options.with(debugging));
    assertThat(compute(engine).total()).isEqualTo(expected);
    Emulator.failKernel(kernel, 0, LAUNCH_FAILED);
    assertThatThrownBy(() -> compute(engine))
        .isInstanceOf(DeviceLostException.class)
        .hasMessageContaining("kernel " + kernel + ": cuStreamSynchronize failed");
    engine.close();
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void aRefusedLaunchNamesTheKernel(CudaBinding binding) {
    try (LossEngine engine = open(binding)) {
      Emulator.failCall("cuLaunchKernel", 1, 1, OUT_OF_RESOURCES);
      assertThatThrownBy(() -> compute(engine))
          .isInstanceOf(DeviceException.class)
          .hasMessageContaining("kernel search_ignored: cuLaunchKernel failed");
    }
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void aKernelThatIsMissingIsNamed(CudaBinding binding) {
    Emulator.hideKernel("decode");
    assertThatThrownBy(() -> open(binding))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("cuModuleGetFunction(decode) failed: CUDA_ERROR_NOT_FOUND");
    Emulator.requireClean();
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void anErrorWhileTheStateFollowsIsToldByTheNextCall(CudaBinding binding) {
    LossSpec autobalance =
        LossSpec.builder(Preset.YOLOV5)
            .classes(3)
            .heads(HEADS)
            .option("reduction.autobalance", true)
            .build();
    RandomCase input = RandomCase.of(autobalance, RandomCase.Mood.CALM, 1);
    LossEngine engine = LossEngine.open(autobalance, EmulatedCuda.through(binding));
    Emulator.failKernel("yolo_loss", 0, ILLEGAL_ADDRESS);
    engine.compute(input.predictions(), input.targets());
    assertThatThrownBy(engine::state).isInstanceOf(DeviceLostException.class);
    engine.close();
  }
}
