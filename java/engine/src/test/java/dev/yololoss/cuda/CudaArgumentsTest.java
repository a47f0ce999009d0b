package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.CudaBinding;
import dev.yololoss.CudaOptions;
import dev.yololoss.DeviceException;
import dev.yololoss.RandomCase;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Negative control: two pointers of a step's kernel swapped, which are of one size and one kind to
 * the driver's interface. The emulated device knows what each must lead to.
 */
@OnEmulatedDevice
class CudaArgumentsTest {
  private static final int ILLEGAL_ADDRESS = 700;

  /** So many that a step's input is larger than its plan. */
  private static final int TARGETS = 300;

  private static final RandomCase INPUT =
      RandomCase.draw(Preset.YOLOV3_BCE, RandomCase.Mood.CALM, 1);

  @BeforeEach
  void fresh() {
    Emulator.reset();
  }

  @AfterEach
  void forget() {
    Emulator.reset();
  }

  @ParameterizedTest
  @CsvSource({
    "assign_targets, 2, 0, 1",
    "search_ignored, 2, 0, 1",
    "clear_gradients, 2, 0, 1",
    "decode, 3, 0, 1",
    "decode, 3, 0, 2",
    "yolo_loss, 3, 0, 1",
    "yolo_loss, 3, 0, 2",
    "yolo_loss, 3, 1, 2",
    "yolo_loss_and_ignored, 3, 1, 2",
    "yolo_loss_and_special, 3, 1, 2"
  })
  void swappedPointersAreFound(String name, int count, int one, int other) {
    CudaPlatform platform = CudaPlatform.get(CudaOptions.standard().with(CudaBinding.PANAMA));
    CudaContext context = platform.context(); // lost in the end
    assertThatThrownBy(
            () ->
                context.call(
                    () -> {
                      launch(platform, context, name, count, one, other);
                      context.driver().ctxSynchronize();
                      return context;
                    }))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("(" + ILLEGAL_ADDRESS + ")")
        .hasMessageContaining("kernel " + name + ": argument");
  }

  private static void launch(
      CudaPlatform platform, CudaContext context, String name, int count, int one, int other) {
    LossSpec spec = INPUT.spec();
    PlanShape shape = PlanShape.of(spec, INPUT.predictions(), PlanShape.capacityFor(TARGETS, 0));
    StepPlaces places =
        new StepPlaces(context, spec, shape, new DeviceMemory(context, 0), 0, false);
    StepSlot slot = places.slot(0);
    KernelArguments arguments =
        new KernelArguments(Arena.ofAuto(), Collections.nCopies(count, JAVA_LONG));
    List<Long> addresses =
        new ArrayList<>(
            List.of(places.plan().address(), slot.inputAddress(), slot.resultAddress()));
    Collections.swap(addresses, one, other);
    for (int n = 0; n < count; n++) {
      arguments.set(n, addresses.get(n));
    }
    platform.module().kernel(name, arguments).on(0, 1);
  }
}
