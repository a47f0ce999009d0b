package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.AbstractList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Memory and calls that would end the JVM if C++ saw them: each is an exception, and the engine
 * computes on as if nothing had been.
 */
@Timeout(60)
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostMisuseTest {
  private static final LossSpec SPEC = SmallCase.spec(Preset.YOLOV5, SmallCase.TWO_HEADS);
  private static final RandomCase INPUT = SmallCase.of(SPEC, 1);

  private LossEngine engine;
  private double expected;

  @BeforeEach
  void open() {
    engine = LossEngine.open(SPEC, EngineOptions.on(Backend.NATIVE).withThreads(2));
    expected = engine.compute(INPUT.predictions(), INPUT.targets()).total();
  }

  @AfterEach
  void theEngineComputesOn() {
    assertThat(engine.compute(INPUT.predictions(), INPUT.targets()).total()).isEqualTo(expected);
    engine.close();
  }

  /** The second prediction in other memory. */
  private static List<HeadTensor> with(UnaryOperator<MemorySegment> change) {
    HeadTensor second = INPUT.predictions().get(1);
    return List.of(INPUT.predictions().get(0), second.over(change.apply(second.memory())));
  }

  private static MemorySegment copy(MemorySegment memory, Arena arena, int misfit) {
    MemorySegment copy = arena.allocate(memory.byteSize() + 64, 64).asSlice(misfit);
    return copy.copyFrom(memory);
  }

  private void assertRefused(
      List<HeadTensor> predictions, Class<? extends Exception> type, String message) {
    List<Runnable> calls =
        List.of(
            () -> engine.compute(predictions, INPUT.targets()),
            () -> engine.value(predictions, INPUT.targets()),
            () -> engine.assign(predictions, INPUT.targets()),
            () -> engine.searchIgnored(predictions, INPUT.targets()),
            () -> engine.decode(predictions));
    for (Runnable call : calls) {
      assertThatThrownBy(call::run).isInstanceOf(type).hasMessageContaining(message);
    }
  }

  @Test
  void aNullSegment() {
    assertThatThrownBy(() -> with(m -> MemorySegment.NULL))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("has 0 bytes");
  }

  @Test
  @SuppressWarnings("restricted") // a null pointer that says it has a size
  void aNullPointerWithASize() {
    assertRefused(
        with(m -> MemorySegment.NULL.reinterpret(m.byteSize())),
        TensorException.class,
        "prediction 1 is a null pointer");
  }

  @Test
  void memoryOfAClosedArena() {
    List<HeadTensor> closed;
    try (Arena arena = Arena.ofShared()) {
      closed = with(m -> copy(m, arena, 0));
    }
    assertRefused(closed, IllegalStateException.class, "closed");
  }

  @Test
  void aConfinedArenaOfAnotherThread() throws InterruptedException {
    try (ConfinedElsewhere<List<HeadTensor>> foreign =
        new ConfinedElsewhere<>(arena -> with(m -> copy(m, arena, 0)))) {
      assertRefused(foreign.get(), WrongThreadException.class, "thread");
    }
  }

  @Test
  void memoryThatIsTooSmall() {
    assertThatThrownBy(() -> with(m -> m.asSlice(0, m.byteSize() - 1)))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("need");
  }

  @Test
  void heapMemory() {
    assertRefused(
        with(m -> MemorySegment.ofArray(new float[(int) m.byteSize() / 4])),
        TensorException.class,
        "prediction 1 is heap memory");
  }

  @Test
  void misalignedMemory() {
    try (Arena arena = Arena.ofConfined()) {
      for (int misfit = 1; misfit < 4; misfit++) {
        int bytes = misfit;
        assertRefused(with(m -> copy(m, arena, bytes)), TensorException.class, "no multiple of 4");
      }
    }
  }

  @Test
  void gradientsThatCannotBeWritten() {
    List<HeadTensor> good =
        SmallCase.tensors(SmallCase.poisoned(INPUT, TensorLayout.NCHW, (byte) 0));
    HeadTensor second = good.get(1);
    assertThatThrownBy(
            () -> Gradients.into(List.of(good.get(0), second.over(second.memory().asReadOnly()))))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining("gradient 1 is read-only memory");
    assertThatThrownBy(() -> Gradients.into(engine.gradients().tensors()))
        .isInstanceOf(TensorException.class);
    float[] heap = new float[(int) second.size()];
    assertGradientsRefused(
        List.of(good.get(0), second.over(MemorySegment.ofArray(heap))),
        "gradient 1 is heap memory");
    assertGradientsRefused(List.of(good.get(0)), "1 gradients for 2 predictions");
    assertGradientsRefused(INPUT.predictions(), "shares memory");
    try (Arena arena = Arena.ofConfined()) {
      assertGradientsRefused(
          List.of(good.get(0), second.over(copy(second.memory(), arena, 2))), "no multiple of 4");
    }
  }

  private void assertGradientsRefused(List<HeadTensor> gradients, String message) {
    assertThatThrownBy(
            () -> engine.compute(INPUT.predictions(), INPUT.targets(), Gradients.into(gradients)))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining(message);
  }

  @Test
  void gradientsInAClosedArena() {
    Gradients closed;
    try (Arena arena = Arena.ofShared()) {
      closed =
          Gradients.into(
              INPUT.predictions().stream().map(p -> p.over(copy(p.memory(), arena, 0))).toList());
    }
    assertThatThrownBy(() -> engine.compute(INPUT.predictions(), INPUT.targets(), closed))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void operationsRefuseWhatTheyCannotReadOrWrite() {
    try (Arena arena = Arena.ofConfined();
        LossOperations operations = LossOperations.open(Backend.NATIVE)) {
      DenseTensor boxes = new DenseTensor(arena.allocate(64, 64), ElementType.F32, 2, 4);
      DenseTensor value = new DenseTensor(arena.allocate(64, 64), ElementType.F32, 2, 1);
      DenseTensor readOnly = new DenseTensor(value.memory().asReadOnly(), ElementType.F32, 2, 1);
      DenseTensor odd = new DenseTensor(boxes.memory().asSlice(2), ElementType.F32, 2, 4);
      DenseTensor heap =
          new DenseTensor(MemorySegment.ofArray(new float[8]), ElementType.F32, 2, 4);
      assertOverlapRefused(operations, boxes, boxes, readOnly, "value is read-only");
      assertOverlapRefused(operations, odd, boxes, value, "no multiple of 4");
      assertOverlapRefused(operations, boxes, heap, value, "b is heap memory");
      assertThatThrownBy(
              () -> operations.sigmoidBce(value, value, 1, 1, readOnly, Optional.empty()))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("value is read-only");
      assertThatThrownBy(
              () -> operations.sigmoidBce(value, value, 1, 1, value, Optional.of(readOnly)))
          .isInstanceOf(TensorException.class)
          .hasMessageContaining("gradient is read-only");
      DenseTensor none = new DenseTensor(MemorySegment.NULL, ElementType.F32, 0, 4);
      operations.overlap(
          Overlap.IOU,
          OverlapConvention.PLAIN,
          none,
          none,
          new DenseTensor(MemorySegment.NULL, ElementType.F32, 0, 1),
          Optional.empty());
    }
  }

  private static void assertOverlapRefused(
      LossOperations operations, DenseTensor a, DenseTensor b, DenseTensor value, String message) {
    assertThatThrownBy(
            () ->
                operations.overlap(
                    Overlap.IOU, OverlapConvention.PLAIN, a, b, value, Optional.empty()))
        .isInstanceOf(TensorException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aClosedEngine() {
    LossEngine other = LossEngine.open(SPEC, Backend.NATIVE);
    LossResult result = other.compute(INPUT.predictions(), INPUT.targets());
    List<HeadTensor> gradients = other.gradients().tensors();
    other.close();
    other.close();
    assertThatThrownBy(() -> other.compute(INPUT.predictions(), INPUT.targets()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> other.decode(INPUT.predictions()))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(result::total).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(result::matches).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> gradients.getFirst().get(0, 0, 0, 0, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anAbsurdNumberOfThreads() {
    assertThatThrownBy(
            () ->
                LossEngine.open(
                    SPEC, EngineOptions.on(Backend.NATIVE).withThreads(Integer.MAX_VALUE)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0..1024");
  }

  @Test
  void twoThreadsAtOnce() throws InterruptedException {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch mayGoOn = new CountDownLatch(1);
    List<HeadTensor> slow =
        new AbstractList<>() {
          @Override
          public HeadTensor get(int index) {
            return INPUT.predictions().get(index);
          }

          @Override
          public int size() {
            inside.countDown();
            try {
              mayGoOn.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return INPUT.predictions().size();
          }
        };
    AtomicReference<Object> end = new AtomicReference<>();
    Thread busy =
        Thread.ofPlatform().start(() -> end.set(engine.compute(slow, INPUT.targets()).total()));
    inside.await();
    assertThatThrownBy(() -> engine.compute(INPUT.predictions(), INPUT.targets()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(busy.getName());
    assertThatThrownBy(engine::close).isInstanceOf(IllegalStateException.class);
    mayGoOn.countDown();
    busy.join();
    assertThat(end.get()).isEqualTo(expected);
  }

  /** The call holds the caller's memory: it is closed before or after, never meanwhile. */
  @Test
  void anArenaThatIsClosedDuringAStep() throws InterruptedException {
    for (int round = 0; round < 30; round++) {
      Arena arena = Arena.ofShared();
      List<HeadTensor> predictions = with(m -> copy(m, arena, 0));
      CountDownLatch begun = new CountDownLatch(1);
      AtomicReference<RuntimeException> end = new AtomicReference<>();
      Thread user =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      while (true) {
                        engine.compute(predictions, INPUT.targets());
                        begun.countDown();
                      }
                    } catch (RuntimeException e) {
                      end.set(e);
                    }
                  });
      begun.await();
      while (arena.scope().isAlive()) {
        try {
          arena.close();
        } catch (IllegalStateException e) {
          Thread.onSpinWait(); // in use by a call
        }
      }
      user.join();
      assertThat(end.get()).isInstanceOf(IllegalStateException.class);
    }
  }
}
