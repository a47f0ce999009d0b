package dev.yololoss.host;

import dev.yololoss.Backend;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * NATIVE against REFERENCE on random steps of every preset. {@code -Dcases=100000} for more of
 * them, {@code -Dcase=} for one.
 */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostParityTest {
  private static final int SHOWN = 8;
  private static final Seed SEED = Seed.of(HostParityTest.class);

  @Test
  void everyRandomStepAgreesWithTheReference() {
    List<String> failures = new ArrayList<>();
    int[] count = {0, 0};
    cases()
        .forEach(
            seed -> {
              HostCase input = HostCase.draw(seed);
              count[0]++;
              try {
                HostRun actual = HostRun.of(Backend.NATIVE, input);
                CompareRuns.check(HostRun.of(Backend.REFERENCE, input), actual);
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
