package dev.yololoss.parity;

import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * A backend against REFERENCE on random steps of every preset. {@code -Dcases=100000} for more of
 * them, {@code -Dcase=} for one.
 */
public abstract class ParitySuite {
  /** The backend that is compared, and how it runs. */
  protected abstract EngineOptions options();

  private static final int SHOWN = 8;
  private static final Seed SEED = Seed.of(ParitySuite.class);

  @Test
  protected void everyRandomStepAgreesWithTheReference() {
    List<String> failures = new ArrayList<>();
    int[] count = {0, 0};
    cases()
        .forEach(
            seed -> {
              StepCase input = StepCase.draw(seed);
              count[0]++;
              try {
                StepRun actual = StepRun.of(options(), input);
                CompareRuns.check(StepRun.of(Backend.REFERENCE, input), actual);
                if (seed % 8 == 0) { // reads every byte, so it takes longer than the rest
                  CompareRuns.guards(actual);
                }
              } catch (AssertionError e) {
                count[1]++;
                if (failures.size() < SHOWN) {
                  failures.add(input.name(seed) + "\n" + e.getMessage());
                }
              }
            });
    if (!failures.isEmpty()) {
      throw new AssertionError(
          count[1] + " of " + count[0] + " cases differ:\n\n" + String.join("\n\n", failures));
    }
  }

  private static LongStream cases() {
    Long one = Long.getLong("case");
    return one == null ? SEED.draws(Integer.getInteger("cases", 2000)) : LongStream.of(one);
  }
}
