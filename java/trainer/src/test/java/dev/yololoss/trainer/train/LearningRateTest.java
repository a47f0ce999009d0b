package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LearningRateTest {
  @Test
  void risesToThePeakAndFallsToAHundredthOfIt() {
    LearningRate rate = new LearningRate(0.5, 1000);
    assertThat(rate.at(1)).isCloseTo(0.005, within(1e-12));
    assertThat(rate.at(100)).isCloseTo(0.5, within(1e-12));
    assertThat(rate.at(550)).isCloseTo(0.2525, within(1e-12));
    assertThat(rate.at(1000)).isCloseTo(0.005, within(1e-12));
    for (int step = 101; step <= 1000; step++) {
      assertThat(rate.at(step)).isLessThan(rate.at(step - 1));
    }
  }

  @Test
  void aRunOfOneStepHasARate() {
    assertThat(new LearningRate(0.5, 1).at(1)).isEqualTo(0.5);
  }
}
