package dev.yololoss.trainer.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.Backend;
import dev.yololoss.trainer.train.TrainingException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final Path OUT = Path.of("out");
  private static final Plan PLAN = SmallComparison.plan(SmallComparison.TWO_LOSSES, OUT);

  @Test
  void everyLossIsTriedAtEveryRateAndRunWithEverySeed() {
    assertThat(PLAN.trials().stream().map(PlannedRun::id))
        .containsExactly(
            "yolov5-rate-0.001", "yolov5-rate-0.003", "yolov2-rate-0.001", "yolov2-rate-0.003");
    assertThat(PLAN.trials()).allMatch(run -> run.epochs() == 2 && run.seed() == 1);
    Contender first = PLAN.question().contenders().getFirst();
    assertThat(PLAN.finals(first, 0.003).stream().map(PlannedRun::id))
        .containsExactly("yolov5-seed-1", "yolov5-seed-2");
    assertThat(PLAN.epochs()).isEqualTo(4 * 2 + 4 * 3);
    assertThat(PLAN.given(first)).isEmpty();
  }

  @Test
  void aRateThatIsGivenIsNotTried() {
    String question =
        """
        {"title": "?", "losses": [{"name": "a", "preset": "yolov5",
          "training": {"learningRate": 0.02}}, {"name": "b", "preset": "yolov2"}]}
        """;
    Plan plan = SmallComparison.plan(question, OUT);
    assertThat(plan.trials()).allMatch(run -> run.contender().name().equals("b")).hasSize(2);
    assertThat(plan.given(plan.question().contenders().getFirst())).hasValue(0.02);
    Plan one = new Plan(plan.question(), plan.base(), 2, List.of(0.004), 2);
    assertThat(one.trials()).isEmpty();
    assertThat(one.given(one.question().contenders().getLast())).hasValue(0.004);
  }

  @Test
  void aVariationChangesWhatItNames() {
    String question =
        """
        {"title": "?", "losses": [{"name": "a", "preset": "yolov5", "training": {
          "headType": "F16", "optimizer": "sgd", "schedule": "step", "warmUp": 5}}]}
        """;
    PlannedRun run = SmallComparison.plan(question, OUT).trials().getFirst();
    var options = run.options(PLAN.base(), OUT);
    assertThat(options.network().headType()).hasToString("F16");
    assertThat(options.network().strides()).containsExactly(16);
    assertThat(options.optimizer().kind()).hasToString("SGD");
    assertThat(options.schedule().kind()).hasToString("STEP");
    assertThat(options.schedule().peak()).isEqualTo(0.001);
    assertThat(options.schedule().warmUp()).hasValue(5);
    assertThat(options.epochs()).isEqualTo(2);
  }

  @Test
  void comesBackFromItsFile() {
    String json = PLAN.toJson(77);
    Plan read = Plan.read(json, OUT);
    assertThat(read.toJson(77)).isEqualTo(json);
    assertThat(read.trials().stream().map(PlannedRun::id))
        .isEqualTo(PLAN.trials().stream().map(PlannedRun::id).toList());
    assertThatThrownBy(() -> Plan.read("{}", OUT))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("plan.json cannot be read");
  }

  @Test
  void aDifferenceIsNamed() {
    assertThat(Plan.difference(PLAN.toJson(1), PLAN.toJson(1))).isEmpty();
    assertThat(Plan.difference(PLAN.toJson(1), PLAN.toJson(2)))
        .contains("dataFingerprint was 1 and is 2");
    Plan longer = new Plan(PLAN.question(), PLAN.base().with(9, 1, OUT), 2, PLAN.rates(), 2);
    assertThat(Plan.difference(PLAN.toJson(1), longer.toJson(1)))
        .contains("training/epochs was 3 and is 9");
    Plan elsewhere = PLAN.with(Backend.NATIVE);
    assertThat(Plan.difference(PLAN.toJson(1), elsewhere.toJson(1)))
        .contains("training/backend was \"REFERENCE\" and is \"NATIVE\"");
  }

  @Test
  void whatOnlyOnePlanHasIsADifferenceEitherWay() {
    String json = PLAN.toJson(1);
    String more = json.replace("\"seeds\" : 2,", "\"seeds\" : 2, \"folds\" : 5,");
    assertThat(more).isNotEqualTo(json);
    assertThat(Plan.difference(json, more)).contains("folds was not there and is 5");
    assertThat(Plan.difference(more, json)).contains("folds was 5 and is not there");
  }

  @Test
  void whereTheDataLiesIsNoDifferenceAndWhatItIsIs() {
    String json = PLAN.toJson(1);
    String moved = json.replace("\n  \"training\" : {", "\n  \"training\" : { \"data\" : \"/b\",");
    assertThat(moved).isNotEqualTo(json);
    assertThat(Plan.difference(json, moved)).isEmpty();
    assertThat(Plan.difference(moved, PLAN.toJson(2))).contains("dataFingerprint was 1 and is 2");
  }
}
