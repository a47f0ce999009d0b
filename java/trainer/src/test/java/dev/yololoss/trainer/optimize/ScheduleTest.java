package dev.yololoss.trainer.optimize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ScheduleTest {
  @Test
  void cosineRisesToThePeakAndFallsToAHundredthOfIt() {
    Schedule rate = ScheduleOptions.of(ScheduleKind.COSINE, 0.5).over(10, 100);
    assertThat(rate.at(1)).isCloseTo(0.005, within(1e-12));
    assertThat(rate.at(100)).isCloseTo(0.5, within(1e-12));
    assertThat(rate.at(550)).isCloseTo(0.2525, within(1e-12));
    assertThat(rate.at(1000)).isCloseTo(0.005, within(1e-12));
    for (int step = 101; step <= 1000; step++) {
      assertThat(rate.at(step)).isLessThan(rate.at(step - 1));
    }
  }

  @Test
  void cosineWithoutWarmUpBeginsAtThePeak() {
    Schedule rate = ScheduleOptions.of(ScheduleKind.COSINE, 0.5).withWarmUp(0).over(10, 100);
    assertThat(rate.at(1)).isCloseTo(0.5, within(1e-5));
    assertThat(rate.at(500)).isCloseTo(0.2525, within(1e-12));
    assertThat(rate.at(1000)).isCloseTo(0.005, within(1e-12));
  }

  @Test
  void constantStaysAfterItsWarmUp() {
    Schedule rate = ScheduleOptions.of(ScheduleKind.CONSTANT, 0.5).withWarmUp(4).over(10, 100);
    assertThat(rate.at(1)).isEqualTo(0.125);
    assertThat(rate.at(3)).isEqualTo(0.375);
    assertThat(rate.at(4)).isEqualTo(0.5);
    assertThat(rate.at(1000)).isEqualTo(0.5);
    assertThat(ScheduleOptions.of(ScheduleKind.CONSTANT, 0.5).withWarmUp(0).over(10, 100).at(1))
        .isEqualTo(0.5);
  }

  @Test
  void stepDropsAfterItsEpochs() {
    ScheduleOptions options =
        new ScheduleOptions(ScheduleKind.STEP, 0.5, OptionalInt.of(0), List.of(2, 5), 0.1, 0, 1);
    Schedule rate = options.over(10, 100);
    assertThat(rate.at(1)).isEqualTo(0.5);
    assertThat(rate.at(200)).isEqualTo(0.5);
    assertThat(rate.at(201)).isCloseTo(0.05, within(1e-15));
    assertThat(rate.at(500)).isCloseTo(0.05, within(1e-15));
    assertThat(rate.at(501)).isCloseTo(0.005, within(1e-15));
  }

  @Test
  void stepDropsAfterThreeAndFourFifthsIfNothingIsSaid() {
    Schedule rate = ScheduleOptions.of(ScheduleKind.STEP, 1).over(10, 100);
    assertThat(rate.at(600)).isEqualTo(1);
    assertThat(rate.at(601)).isCloseTo(0.1, within(1e-15));
    assertThat(rate.at(801)).isCloseTo(0.01, within(1e-15));
  }

  /** Worked out by hand from the formula, with first 1e-5, peak 1e-3, q 1, warm 4000. */
  @ParameterizedTest
  @CsvSource({
    "1, 1.02475e-5",
    "400, 1.09e-4",
    "4000, 1e-3",
    "8000, 5.05e-4",
    "40000, 1.09e-4",
  })
  void powerRisesAlongALineAndFallsAsItsInverse(long step, double expected) {
    Schedule rate =
        new ScheduleOptions(ScheduleKind.POWER, 1e-3, OptionalInt.empty(), List.of(), 0.1, 1e-5, 1)
            .over(10, 100);
    assertThat(rate.at(step)).isCloseTo(expected, within(1e-9 * expected));
  }

  @Test
  void powerWithAnotherExponent() {
    Schedule rate = new PowerRate(0, 1, 0.5, 100);
    assertThat(rate.at(25)).isCloseTo(25 / 1000.0 * 10, within(1e-12));
    assertThat(rate.at(100)).isCloseTo(1, within(1e-12));
    assertThat(rate.at(400)).isCloseTo(0.5, within(1e-12));
  }

  @Test
  void powerNeverFallsBelowItsLeast() {
    assertThat(new PowerRate(0, 1e-6, 1, 10).at(1_000_000)).isEqualTo(1e-7);
  }

  @ParameterizedTest
  @EnumSource(ScheduleKind.class)
  void aRunOfOneStepHasARate(ScheduleKind kind) {
    assertThat(ScheduleOptions.of(kind, 0.5).over(1, 1).at(1)).isPositive();
  }
}
