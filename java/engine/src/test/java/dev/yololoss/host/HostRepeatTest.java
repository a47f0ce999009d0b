package dev.yololoss.host;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.InstructionSet;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.Seed;
import dev.yololoss.parity.CompareRuns;
import dev.yololoss.parity.RepeatSuite;
import dev.yololoss.parity.StepCase;
import dev.yololoss.parity.StepRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same bits for any number of threads and every time; the same decisions on any processor. */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostRepeatTest extends RepeatSuite {
  private static final Seed SEED = Seed.of(HostRepeatTest.class);
  private static final EngineOptions NATIVE = EngineOptions.on(Backend.NATIVE);

  @Override
  protected EngineOptions options() {
    return NATIVE.withThreads(3);
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBits() {
    SEED.draws(150)
        .forEach(
            seed -> {
              StepCase input = StepCase.draw(seed);
              StepRun one = StepRun.of(NATIVE.withThreads(1), input);
              for (int threads : new int[] {2, 3, 8, 0}) {
                same(
                    threads + " threads, " + input.name(seed),
                    one,
                    StepRun.of(NATIVE.withThreads(threads), input));
              }
            });
  }

  @ParameterizedTest
  @EnumSource(InstructionSet.class)
  void everyInstructionSetAgreesWithTheReference(InstructionSet set) {
    if (set == InstructionSet.AVX2) {
      assumeTrue(avx2IsThere(), "this processor has no AVX2 with FMA");
    }
    SEED.draws(400)
        .forEach(
            seed -> {
              StepCase input = StepCase.draw(seed);
              try {
                CompareRuns.check(
                    StepRun.of(Backend.REFERENCE, input), StepRun.of(NATIVE.with(set), input));
              } catch (AssertionError e) {
                throw new AssertionError(set + ", " + input.name(seed) + "\n" + e.getMessage(), e);
              }
            });
  }

  /** Asked of the system: a library that leaves the path out of its build is to fail. */
  private static boolean avx2IsThere() {
    Path processor = Path.of("/proc/cpuinfo");
    try {
      String features = Files.exists(processor) ? Files.readString(processor) : "";
      return features.contains(" avx2") && features.contains(" fma");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
