package dev.yololoss.cuda;

import dev.yololoss.CudaBinding;
import dev.yololoss.EngineOptions;
import dev.yololoss.Seed;
import dev.yololoss.parity.RepeatSuite;
import dev.yololoss.parity.StepCase;
import dev.yololoss.parity.StepRun;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** The same bits every time, whatever order blocks, threads and streams run in. */
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class CudaRepeatTest {
  @AfterEach
  void nothingIsLeft() {
    Emulator.requireClean();
    order(1);
  }

  /** A real device takes another order each time, unasked. */
  private static void order(int seed) {
    if (Emulator.isInUse()) {
      Emulator.set("seed", seed);
    }
  }

  private abstract static class Orders extends RepeatSuite {
    private static final int ORDERS = 10;
    private static final Seed SEED = Seed.of(CudaRepeatTest.class);

    @Test
    void tenOrdersOfBlocksGiveTheSameBits() {
      SEED.draws(24)
          .forEach(
              seed -> {
                StepCase input = StepCase.draw(seed);
                StepRun first = StepRun.of(options(), input);
                for (int order = 2; order <= ORDERS; order++) {
                  order(order);
                  same(
                      "order " + order + ", " + input.name(seed),
                      first,
                      StepRun.of(options(), input));
                }
              });
    }
  }

  @Nested
  class Jcuda extends Orders {
    @Override
    protected EngineOptions options() {
      return EmulatedCuda.through(CudaBinding.JCUDA);
    }
  }

  @Nested
  class Panama extends Orders {
    @Override
    protected EngineOptions options() {
      return EmulatedCuda.through(CudaBinding.PANAMA);
    }
  }
}
