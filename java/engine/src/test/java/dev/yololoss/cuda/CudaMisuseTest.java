package dev.yololoss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.ConfinedElsewhere;
import dev.yololoss.CudaBinding;
import dev.yololoss.ElementType;
import dev.yololoss.Gradients;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.RandomCase;
import dev.yololoss.TensorException;
import dev.yololoss.TensorLayout;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Memory of this machine and calls that would end the JVM if the driver saw them. What can be
 * copied safely is, whatever its kind; all else is an exception, and the engine computes on.
 */
@Timeout(60)
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class CudaMisuseTest {
  private static final RandomCase INPUT =
      RandomCase.draw(Preset.YOLOV5, RandomCase.Mood.CALM, 2)
          .as(ElementType.F32, TensorLayout.NCHW);

  @BeforeEach
  void fresh() {
    Emulator.reset();
  }

  @AfterEach
  void nothingIsLeft() {
    Emulator.requireClean();
  }

  private static LossEngine open(CudaBinding binding) {
    return LossEngine.open(INPUT.spec(), EmulatedCuda.through(binding));
  }

  private static double total(LossEngine engine) {
    return engine.compute(INPUT.predictions(), INPUT.targets()).total();
  }

  /** The first prediction in other memory. */
  private static List<HeadTensor> with(UnaryOperator<MemorySegment> change) {
    List<HeadTensor> predictions = new ArrayList<>(INPUT.predictions());
    HeadTensor first = predictions.getFirst();
    predictions.set(0, first.over(change.apply(first.memory())));
    return predictions;
  }

  private static MemorySegment copy(MemorySegment memory, Arena arena, int misfit) {
    MemorySegment copy = arena.allocate(memory.byteSize() + 64, 64).asSlice(misfit);
    return copy.copyFrom(memory);
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void heapAndMisalignedMemoryIsCopiedLikeAnyOther(CudaBinding binding) {
    try (LossEngine engine = open(binding);
        Arena arena = Arena.ofConfined()) {
      double expected = total(engine);
      List<HeadTensor> onHeap =
          with(
              m ->
                  MemorySegment.ofArray(
                      m.toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED)));
      assertThat(engine.compute(onHeap, INPUT.targets()).total()).isEqualTo(expected);
      List<HeadTensor> misaligned = with(m -> copy(m, arena, 3));
      assertThat(engine.compute(misaligned, INPUT.targets()).total()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void memoryThatIsGoneOrNotOurs(CudaBinding binding) throws InterruptedException {
    try (LossEngine engine = open(binding)) {
      double expected = total(engine);
      List<HeadTensor> closed;
      Gradients intoClosed;
      try (Arena arena = Arena.ofShared()) {
        closed = with(m -> copy(m, arena, 0));
        intoClosed =
            Gradients.into(
                INPUT.predictions().stream().map(p -> p.over(copy(p.memory(), arena, 0))).toList());
      }
      assertThatThrownBy(() -> engine.compute(closed, INPUT.targets()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("closed");
      assertThatThrownBy(() -> engine.compute(INPUT.predictions(), INPUT.targets(), intoClosed))
          .isInstanceOf(IllegalStateException.class);
      try (ConfinedElsewhere<List<HeadTensor>> foreign =
          new ConfinedElsewhere<>(arena -> with(m -> copy(m, arena, 0)))) {
        assertThatThrownBy(() -> engine.compute(foreign.get(), INPUT.targets()))
            .isInstanceOf(WrongThreadException.class);
      }
      assertThat(total(engine)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void gradientsThatCannotBeWritten(CudaBinding binding) {
    List<HeadTensor> readOnly =
        INPUT.predictions().stream().map(p -> p.over(p.memory().asReadOnly())).toList();
    assertThatThrownBy(() -> Gradients.into(readOnly))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("gradient 0 is read-only memory");
    try (LossEngine engine = open(binding)) {
      assertThatThrownBy(
              () ->
                  engine.compute(
                      INPUT.predictions(), INPUT.targets(), Gradients.into(INPUT.predictions())))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("shares memory");
    }
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void aClosedEngine(CudaBinding binding) {
    LossEngine engine = open(binding);
    LossResult result = engine.compute(INPUT.predictions(), INPUT.targets());
    Gradients gradients = engine.gradients();
    engine.close();
    engine.close();
    assertThatThrownBy(() -> total(engine))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(result::total).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(gradients::tensors).isInstanceOf(IllegalStateException.class);
  }

  /** A copy is done before the call returns, so the caller's memory may go at any time. */
  @Test
  void anArenaThatIsClosedBetweenStepAndResult() {
    try (LossEngine engine = open(CudaBinding.PANAMA)) {
      double expected = total(engine);
      LossResult result;
      try (Arena arena = Arena.ofShared()) {
        result = engine.compute(with(m -> copy(m, arena, 0)), INPUT.targets());
      }
      assertThat(result.total()).isEqualTo(expected);
    }
  }
}
