package dev.yololoss.trainer.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.yololoss.trainer.train.TrainingException;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunResultTest {
  @Test
  void comesBackFromItsFile() {
    RunResult result = SmallComparison.result("a", 1, 0.1 + 0.2);
    assertThat(RunResult.read("x", result.toJson())).isEqualTo(result);
    RunResult diverged =
        new RunResult(
            "a",
            "a",
            PlannedRun.Stage.RATE,
            1,
            1,
            5,
            "epoch 1: …",
            null,
            List.of(),
            new RunResult.Time(0, 0, 0));
    assertThat(RunResult.read("x", diverged.toJson())).isEqualTo(diverged);
    assertThat(diverged.finished()).isFalse();
    assertThat(diverged.map50()).isLessThan(-1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{}", "{\"run\": \"a\"}", "{\"seed\": null}"})
  void whatIsNoResultIsNamed(String json) {
    assertThatThrownBy(() -> RunResult.read("some/file.json", json))
        .isInstanceOf(TrainingException.class)
        .hasMessageStartingWith("some/file.json: is no result of a run");
  }

  @Test
  void whatNeitherDivergedNorWasMeasuredIsNoResult() {
    RunResult whole = SmallComparison.result("a", 1, 0.5);
    RunResult neither =
        new RunResult(
            whole.run(),
            whole.contender(),
            whole.stage(),
            whole.rate(),
            whole.seed(),
            whole.epochs(),
            null,
            null,
            whole.curve(),
            whole.time());
    assertThatThrownBy(() -> RunResult.read("x", neither.toJson()))
        .isInstanceOf(TrainingException.class)
        .hasMessage("x: is no result of a run");
  }

  @Test
  void meanAndDeviationLeaveOutWhatDiverged() {
    RunResult diverged =
        new RunResult(
            "a",
            "a",
            PlannedRun.Stage.FINAL,
            1,
            3,
            5,
            "epoch 1",
            null,
            List.of(),
            new RunResult.Time(0, 0, 0));
    Standing standing =
        new Standing(
            new Contender("a", null, null),
            List.of(),
            OptionalDouble.of(0.1),
            List.of(
                SmallComparison.result("a", 1, 0.2),
                SmallComparison.result("a", 2, 0.5),
                diverged));
    Standing.Spread spread = standing.over(r -> r.precision().map50());
    assertThat(spread.mean()).isCloseTo(0.35, within(1e-12));
    assertThat(spread.deviation()).isCloseTo(0.3 / Math.sqrt(2), within(1e-12));
    assertThat(spread.inWords()).isEqualTo("0.350 ± 0.212");
    assertThat(standing.diverged()).isEqualTo(1);
    assertThat(new Standing.Spread(Double.NaN, Double.NaN, 0).inWords()).isEqualTo("–");
    assertThat(new Standing.Spread(0.25, Double.NaN, 1).inWords()).isEqualTo("0.250");
  }
}
