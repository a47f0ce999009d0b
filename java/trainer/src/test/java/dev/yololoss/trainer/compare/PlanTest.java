package dev.yololoss.trainer.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.Backend;
import dev.yololoss.trainer.train.TrainingException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\\{.*\\} | {} | training",
        "\"seeds\" : 2 | \"seeds\" : \"3\" | seeds is \"3\"; must be a whole number from 1 on",
        "\"rateEpochs\" : 2 | \"rateEpochs\" : 0 | rateEpochs is 0; must be",
        "\\[ 0.001, 0.003 \\] | [ ] | rates is []; must be a list of at least one",
        "\\[ 0.001, 0.003 \\] | [ 2 ] | rates has 2; must be greater than 0 and at most 1",
        "\"size\" : 64 | \"size\" : null | training/size is null",
        "\"batch\" : 4, | '' | batch",
        "\"preset\" : \"yolov2\" | \"preset\" : \"yolov9\" | preset is \"yolov9\"; allowed",
      })
  void aDamagedFileIsNamedWithWhatIsWrong(String part, String damage, String expected) {
    String json = PLAN.toJson(77);
    String damaged = Pattern.compile(part, Pattern.DOTALL).matcher(json).replaceFirst(damage);
    assertThat(damaged).isNotEqualTo(json);
    assertThatThrownBy(() -> Plan.read(damaged, OUT))
        .isInstanceOf(TrainingException.class)
        .hasMessageStartingWith("out/plan.json cannot be read: ")
        .hasMessageContaining(expected);
  }

  @Test
  void theSamePlanHasTheSameFolder() {
    String name = PLAN.folderName(77);
    assertThat(name).matches("compare-[0-9a-f]{8}");
    assertThat(Plan.read(PLAN.toJson(77), Path.of("elsewhere")).folderName(77)).isEqualTo(name);
    assertThat(PLAN.folderName(78)).isNotEqualTo(name);
    assertThat(PLAN.with(Backend.NATIVE).folderName(77)).isNotEqualTo(name);
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
