package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.AbstractList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One thread at a time, and the engine says so. */
@Timeout(30)
class LossEngineThreadsTest {
  private static final LossSpec SPEC = SmallCase.spec(Preset.YOLOV5, SmallCase.ONE_HEAD);
  private static final RandomCase INPUT = SmallCase.of(SPEC, 1);

  private final LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE);
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch mayGoOn = new CountDownLatch(1);
  private final AtomicReference<Object> end = new AtomicReference<>();
  private Thread busy;
  private LossResult earlier;

  /** Predictions that keep their reader waiting. */
  private final List<HeadTensor> slow =
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

  @BeforeEach
  void occupyTheEngine() throws InterruptedException {
    earlier = engine.compute(INPUT.predictions(), INPUT.targets());
    busy =
        Thread.ofPlatform()
            .name("trainer-7")
            .start(
                () -> {
                  try {
                    end.set(engine.compute(slow, INPUT.targets()).total());
                  } catch (RuntimeException e) {
                    end.set(e);
                  }
                });
    inside.await();
  }

  @AfterEach
  void close() throws InterruptedException {
    mayGoOn.countDown();
    busy.join();
    engine.close();
  }

  @Test
  void aSecondThreadIsToldBothNamesAndDoesNoHarm() throws InterruptedException {
    String me = Thread.currentThread().getName();
    List<Runnable> attempts =
        List.of(
            () -> engine.compute(INPUT.predictions(), INPUT.targets()),
            () -> engine.value(INPUT.predictions(), INPUT.targets()),
            engine::state,
            earlier::total,
            earlier::matches,
            engine::gradients,
            engine::close);
    for (Runnable attempt : attempts) {
      assertThatThrownBy(attempt::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("trainer-7")
          .hasMessageContaining(me);
    }
    mayGoOn.countDown();
    busy.join();
    assertThat(end.get()).isInstanceOf(Double.class);
    assertThat(engine.compute(INPUT.predictions(), INPUT.targets()).total()).isEqualTo(end.get());
  }

  @Test
  void theEngineIsFreeAgainAfterEveryException() throws InterruptedException {
    mayGoOn.countDown();
    busy.join();
    Targets bad = Targets.builder().add(7, 0, 0.5, 0.5, 0.1, 0.1).build();
    for (int n = 0; n < 3; n++) {
      assertThatThrownBy(() -> engine.compute(INPUT.predictions(), bad))
          .isInstanceOf(TargetException.class);
      assertThatThrownBy(() -> engine.decode(List.of())).isInstanceOf(TensorException.class);
      AtomicReference<Object> other = new AtomicReference<>();
      Thread.ofPlatform()
          .start(() -> other.set(engine.value(INPUT.predictions(), INPUT.targets()).total()))
          .join();
      assertThat(other.get()).isEqualTo(end.get());
    }
  }
}
