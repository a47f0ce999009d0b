package dev.yololoss.trainer.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.trainer.train.TrainingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonFolderTest {
  @TempDir Path folder;

  private Path out() {
    return folder.resolve("out");
  }

  private ComparisonFolder open(String plan) {
    return ComparisonFolder.of(out(), plan, "compare");
  }

  /** What a kill leaves between any two of the steps that make the folder. */
  @Test
  void whatWasKilledWhileItWasMadeIsMadeAgain() throws IOException {
    Files.createDirectories(out());
    open("{}").close();
    Files.delete(out().resolve("plan.json"));
    Files.delete(out().resolve("results"));
    Files.delete(out().resolve("runs"));
    assertThat(out().resolve("command.txt")).exists();
    open("{}").close();
    assertThat(out().resolve("plan.json")).hasContent("{}");
    Files.delete(out().resolve("results"));
    Files.delete(out().resolve("runs"));
    open("{}").close();
    assertThat(out().resolve("results")).isDirectory();
    assertThat(out().resolve("runs")).isDirectory();
  }

  @Test
  void resultsWithoutAPlanAreSomethingElse() throws IOException {
    Files.createDirectories(out().resolve("results"));
    assertThatThrownBy(() -> open("{}"))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("holds something else");
  }

  @Test
  void aFolderIsWorkedOnOnceAtATime() {
    try (ComparisonFolder first = open("{}")) {
      assertThat(first.path()).isEqualTo(out());
      assertThatThrownBy(() -> open("{}"))
          .isInstanceOf(TrainingException.class)
          .hasMessage(out() + ": another process is at work there; wait until it has ended");
    }
    open("{}").close();
    assertThatThrownBy(() -> open("[]")).isInstanceOf(TrainingException.class);
    open("{}").close();
  }

  @Test
  void aResultOfAnotherRunIsRefused() throws IOException {
    Plan plan = SmallComparison.plan(SmallComparison.TWO_LOSSES, out());
    Contender contender = plan.question().contenders().getFirst();
    PlannedRun planned = new PlannedRun(contender, PlannedRun.Stage.FINAL, 0.003, 1, 20);
    RunResult result = SmallComparison.result("yolov5", 1, 0.5);
    try (ComparisonFolder open = open(plan.toJson(1))) {
      Path file = out().resolve("results/yolov5-seed-1.json");
      assertThat(open.result(planned)).isEmpty();
      Files.writeString(file, result.toJson());
      assertThat(open.result(planned)).contains(result);
      for (List<String> change :
          List.of(
              List.of("contender", "\"yolov5\"", "\"other\"", "other", "yolov5"),
              List.of("stage", "\"FINAL\"", "\"RATE\"", "RATE", "FINAL"),
              List.of("rate", "0.003", "0.001", "0.001", "0.003"),
              List.of("seed", "1", "2", "2", "1"),
              List.of("epochs", "20", "3", "3", "20"))) {
        String key = "\"" + change.get(0) + "\" : ";
        assertThat(result.toJson()).contains(key + change.get(1));
        Files.writeString(file, result.toJson().replace(key + change.get(1), key + change.get(2)));
        assertThatThrownBy(() -> open.result(planned))
            .isInstanceOf(TrainingException.class)
            .hasMessage(
                "%s: its %s is %s and the plan's %s; remove the file to have the run done again",
                file, change.get(0), change.get(3), change.get(4));
      }
    }
  }
}
