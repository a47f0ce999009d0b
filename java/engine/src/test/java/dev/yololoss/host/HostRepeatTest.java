package dev.yololoss.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.InstructionSet;
import dev.yololoss.LossEngine;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.RandomCase;
import dev.yololoss.Seed;
import dev.yololoss.TensorValues;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same bits for any number of threads and every time; the same decisions on any processor. */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostRepeatTest {
  private static final Seed SEED = Seed.of(HostRepeatTest.class);
  private static final EngineOptions NATIVE = EngineOptions.on(Backend.NATIVE);

  @Test
  void anyNumberOfThreadsGivesTheSameBits() {
    SEED.draws(150)
        .forEach(
            seed -> {
              HostCase input = HostCase.draw(seed);
              HostRun one = HostRun.of(NATIVE.withThreads(1), input);
              for (int threads : new int[] {2, 3, 8, 0}) {
                same(
                    threads + " threads, " + input.name(seed),
                    one,
                    HostRun.of(NATIVE.withThreads(threads), input));
              }
            });
  }

  @Test
  void anEngineThatHasRunBeforeGivesTheSameBits() {
    SEED.draws(60)
        .forEach(
            seed -> {
              HostCase input = HostCase.draw(seed);
              HostCase other = like(input, seed + 1_000_000);
              HostRun first = HostRun.of(NATIVE.withThreads(3), input);
              try (LossEngine engine =
                  LossEngine.open(
                      input.input().spec(), NATIVE.withThreads(3).with(input.policy()))) {
                var fresh = engine.state();
                for (int again = 0; again < 4; again++) {
                  HostRun.of(engine, other);
                  engine.restore(fresh);
                  same("run " + again + ", " + input.name(seed), first, HostRun.of(engine, input));
                }
              }
            });
  }

  @ParameterizedTest
  @EnumSource(InstructionSet.class)
  void everyInstructionSetAgreesWithTheReference(InstructionSet set) {
    if (set == InstructionSet.AVX2) {
      assumeTrue(avx2IsThere(), "this processor or this build has no AVX2 with FMA");
    }
    SEED.draws(400)
        .forEach(
            seed -> {
              HostCase input = HostCase.draw(seed);
              try {
                CompareRuns.check(
                    HostRun.of(Backend.REFERENCE, input), HostRun.of(NATIVE.with(set), input));
              } catch (AssertionError e) {
                throw new AssertionError(set + ", " + input.name(seed) + "\n" + e.getMessage(), e);
              }
            });
  }

  /** A case with the same loss and policy but other shapes and targets. */
  private static HostCase like(HostCase input, long seed) {
    return new HostCase(
        RandomCase.of(input.input().spec(), RandomCase.Mood.AWKWARD, seed),
        input.gradientType(),
        input.gradientLayout(),
        input.scale(),
        input.policy());
  }

  private static boolean avx2IsThere() {
    HostCase input = HostCase.draw(0);
    try {
      LossEngine.open(input.input().spec(), NATIVE.with(InstructionSet.AVX2)).close();
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void same(String name, HostRun expected, HostRun actual) {
    assertThat(bits(actual)).as(name).isEqualTo(bits(expected));
    for (int layer = 0; layer < expected.gradients().size(); layer++) {
      assertThat(TensorValues.of(actual.gradients().get(layer).tensor()))
          .as("gradient " + layer + ", " + name)
          .isEqualTo(TensorValues.of(expected.gradients().get(layer).tensor()));
    }
  }

  /** Everything but the gradients; records of doubles compare bit for bit. */
  private static List<Object> bits(HostRun run) {
    return List.of(
        run.outcome()
            .map(
                o ->
                    List.of(
                        o.parts(),
                        o.perLayer(),
                        o.perImage(),
                        o.rawSums(),
                        o.diagnostics(),
                        o.matches()))
            .orElse(List.of()),
        run.thrown(),
        run.state(),
        run.assigned(),
        run.ignored());
  }
}
