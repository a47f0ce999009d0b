package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.Preset;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * What a step of NATIVE leaves on the Java heap: the result, what it says of the targets, and the
 * record of what was asked, whatever the number of heads and targets.
 */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostHeapTest {
  private static final int WARM_UP = 20_000;
  private static final int STEPS = 5_000;

  /**
   * 128 bytes measured; 152 before the compiler has seen all of it. One copied array more shows.
   */
  private static final double MOST_BYTES = 156;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @BeforeAll
  static void requireCounts() {
    assumeTrue(THREADS.isThreadAllocatedMemorySupported(), "this JVM does not count allocations");
  }

  /** Bytes a call of this thread, the least of several rounds: compilers come and go. */
  private static double bytes(IntFunction<Object> call) {
    for (int n = 0; n < WARM_UP; n++) {
      call.apply(n);
    }
    double least = Double.POSITIVE_INFINITY;
    for (int round = 0; round < 4; round++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int n = 0; n < STEPS; n++) {
        call.apply(n);
      }
      long after = THREADS.getCurrentThreadAllocatedBytes();
      least = Math.min(least, (after - before) / (double) STEPS);
    }
    return least;
  }

  @Test
  void aStepMakesItsResultAndLittleElse() {
    Heads three = Heads.builder().head(8, 8, 8).head(16, 12, 16).head(32, 20, 24, 60, 40).build();
    for (Preset preset : List.of(Preset.YOLOV5, Preset.YOLOV3_BCE, Preset.DARKNET)) {
      for (Heads heads : List.of(SmallCase.ONE_HEAD, three)) {
        RandomCase input = SmallCase.of(SmallCase.spec(preset, heads), 1);
        EngineOptions options = EngineOptions.on(Backend.NATIVE).withThreads(1);
        try (LossEngine engine = LossEngine.open(input.spec(), options)) {
          double step = bytes(_ -> engine.compute(input.predictions(), input.targets()));
          System.out.println("HostHeapTest " + preset + ": " + step + " bytes a step");
          assertThat(step).isPositive().isLessThanOrEqualTo(MOST_BYTES);
        }
      }
    }
  }

  /** Negative control: one copy of an enumeration's values would show. */
  @Test
  void growthShows() {
    RandomCase input = SmallCase.of(SmallCase.spec(Preset.YOLOV5, SmallCase.TWO_HEADS), 1);
    EngineOptions options = EngineOptions.on(Backend.NATIVE).withThreads(1);
    Object[] kept = new Object[1];
    try (LossEngine engine = LossEngine.open(input.spec(), options)) {
      double step =
          bytes(
              _ -> {
                kept[0] = NonFinite.Kind.values();
                return engine.compute(input.predictions(), input.targets());
              });
      assertThat(step).isGreaterThan(MOST_BYTES);
    }
  }
}
