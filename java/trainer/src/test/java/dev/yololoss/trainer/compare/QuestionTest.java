package dev.yololoss.trainer.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.Anchor;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.trainer.train.LossChoice;
import dev.yololoss.trainer.train.TrainingException;
import dev.yololoss.trainer.train.TrainingRun;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class QuestionTest {
  /** Every loss is legal, and all begin with the same network. */
  @ParameterizedTest
  @EnumSource(ReadyMadeQuestion.class)
  void readyMadeQuestionsCanBeAsked(ReadyMadeQuestion ready) {
    Question question = ready.question(64);
    assertThat(question.title()).endsWith("?");
    assertThat(question.claims()).isNotEmpty();
    assertThat(question.contenders()).hasSizeGreaterThan(1);
    var data = SmallComparison.data();
    assertThat(
            question.contenders().stream()
                .map(
                    c ->
                        TrainingRun.network(
                            c.variation()
                                .of(SmallComparison.base(java.nio.file.Path.of("x")), 1e-3)
                                .with(c.loss()),
                            data))
                .distinct())
        .hasSize(1);
  }

  @Test
  void anchorsOfTheQuestionBelongToLossesWithoutTheirOwn() {
    Question question =
        Question.read(
            "q",
            """
            {"title": "?", "heads": [{"stride": 16, "anchors": [[20, 30]]}], "losses": [
              {"name": "a", "preset": "yolov2"},
              {"name": "b", "spec": {"preset": "yolov2",
                                     "heads": [{"stride": 16, "anchors": [[5, 5]]}]}}]}
            """,
            64);
    assertThat(question.contenders().get(0).loss())
        .isInstanceOfSatisfying(
            LossChoice.Described.class, d -> assertThat(d.json()).contains("[20,30]"));
    assertThat(question.contenders().get(1).loss())
        .isInstanceOfSatisfying(
            LossChoice.Described.class,
            d -> assertThat(d.json()).contains("[5,5]").doesNotContain("20"));
  }

  /** The question about scaled anchors compares scaled ones with others, at every size. */
  @ParameterizedTest
  @CsvSource({"208, 21.155, 27.705", "416, 42.31, 55.41"})
  void anchorsAreScaledToTheInput(int size, double width, double height) {
    Question question = ReadyMadeQuestion.B.question(size);
    assertThat(firstAnchor(question, "yolov2-half")).containsExactly(width, height);
    assertThat(firstAnchor(question, "half-fixed-anchors")).containsExactly(42.31, 55.41);
    assertThat(Question.read("question-b.json", question.json(), size)).isEqualTo(question);
  }

  private static List<Double> firstAnchor(Question question, String loss) {
    Contender contender =
        question.contenders().stream().filter(c -> c.name().equals(loss)).findFirst().orElseThrow();
    LossSpec spec =
        LossSpec.fromJson(
            ((LossChoice.Described) contender.loss())
                .json()
                .replaceFirst("\\{", "{\"classes\": 3, "));
    Anchor anchor = spec.heads().anchors().getFirst();
    return List.of(anchor.width(), anchor.height());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[] | the file must be an object",
        "{ | no JSON",
        "{} | losses is empty",
        "{\"losses\": 3} | losses is 3; must be a list",
        "{\"question\": 3} | the file has the unknown key \"question\"; allowed are [anchorsAt,"
            + " claims, heads",
        "{\"losses\": [{\"name\": \"a\", \"preset\": \"yolov5\"}]} | title is missing",
        "{\"losses\": [{\"preset\": \"yolov5\"}]} | name is missing; must be a text",
        "{\"losses\": [{\"name\": \"a/b\", \"preset\": \"yolov5\"}]} | name is \"a/b\"; must be of",
        "{\"anchorsAt\": 416, \"losses\": []} | anchorsAt needs heads",
        "{\"anchorsAt\": 0, \"heads\": []} | anchorsAt is 0; must be a whole number",
        "{\"anchorsAt\": \"416\", \"heads\": []} | anchorsAt is \"416\"",
        "{\"losses\": [{\"name\": \"a\"}]} | a must have either a preset or a spec",
        "{\"losses\": [{\"name\": \"a\", \"preset\": \"x\", \"spec\": {}}]} | either a preset or a",
        "{\"losses\": [{\"name\": \"a\", \"preset\": \"yolov9\"}]} | preset is \"yolov9\"; allowed",
        "{\"losses\": [{\"name\": \"a\", \"spec\": []}]} | spec of a must be an object",
        "{\"losses\": [{\"name\": \"a\", \"rate\": 1}]} | a loss has the unknown key \"rate\"",
        "{\"losses\": [{\"name\": \"a\", \"preset\": \"yolov5\"},"
            + " {\"name\": \"a\", \"preset\": \"yolov2\"}]} | name a is there twice",
      })
  void whatIsNoQuestionIsRefused(String json, String expected) {
    assertThatThrownBy(() -> Question.read("file.json", json, 64))
        .isInstanceOf(TrainingException.class)
        .hasMessageStartingWith("file.json: ")
        .hasMessageContaining(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "3 | training must be an object",
        "{\"rate\": 1} | training has the unknown key \"rate\"",
        "{\"headType\": \"f8\"} | headType is \"f8\"; allowed are [f32, f16]",
        "{\"optimizer\": 1} | optimizer is 1; must be a text",
        "{\"schedule\": \"line\"} | schedule is \"line\"; allowed are [cosine, constant, step,"
            + " power]",
        "{\"learningRate\": 0} | learningRate is 0; must be greater than 0 and at most 1",
        "{\"learningRate\": \"1\"} | learningRate is \"1\"",
        "{\"warmUp\": -1} | warmUp is -1; must be a whole number from 0 on",
        "{\"warmUp\": 1.5} | warmUp is 1.5",
      })
  void whatIsNoTrainingIsRefused(String json, String expected) {
    String file =
        "{\"title\": \"?\", \"losses\": [{\"name\": \"a\", \"preset\": \"yolov5\", \"training\": "
            + json
            + "}]}";
    assertThatThrownBy(() -> Question.read("file.json", file, 64))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining(expected);
  }
}
