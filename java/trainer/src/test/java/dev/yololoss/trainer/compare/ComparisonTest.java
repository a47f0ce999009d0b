package dev.yololoss.trainer.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.trainer.data.GeneratedShapes;
import dev.yololoss.trainer.train.InputOptions;
import dev.yololoss.trainer.train.TrainingData;
import dev.yololoss.trainer.train.TrainingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  @TempDir Path folder;

  private final StringWriter printed = new StringWriter();
  private final TrainingData data = SmallComparison.data();

  private List<String> run(Plan plan) {
    SmallComparison.Silent progress = new SmallComparison.Silent();
    Optional<Path> out = Optional.of(plan.base().out());
    Comparison.run(plan, data, out, "compare", progress, new PrintWriter(printed));
    return progress.lines;
  }

  @Test
  void doesWhatIsLeftOfItsPlanAndReports() throws IOException {
    Path out = folder.resolve("out");
    Plan plan = SmallComparison.plan(SmallComparison.TWO_LOSSES, out);
    assertThat(run(plan)).hasSize(8).allMatch(line -> line.contains("mAP@.5"));
    Map<String, String> results = results(out);
    assertThat(results)
        .containsOnlyKeys(
            "yolov2-rate-0.001.json",
            "yolov2-rate-0.003.json",
            "yolov2-seed-1.json",
            "yolov2-seed-2.json",
            "yolov5-rate-0.001.json",
            "yolov5-rate-0.003.json",
            "yolov5-seed-1.json",
            "yolov5-seed-2.json");
    assertThat(out.resolve("results/yolov5-seed-1.jpg")).isNotEmptyFile();
    assertThat(out.resolve("results/yolov5-seed-2.jpg")).doesNotExist();
    assertThat(out.resolve("runs/yolov5-seed-1/metrics.csv")).isNotEmptyFile();
    assertThat(out.resolve("runs/yolov5-seed-1/checkpoints")).doesNotExist();
    assertThat(printed.toString())
        .contains("wrote " + out.resolve("report.html"), "wrote " + out.resolve("report.md"))
        .doesNotContain("interrupted");

    // A second call has nothing to do.
    assertThat(run(plan)).isEmpty();
    assertThat(results(out)).isEqualTo(results);

    // A run that is missing is done again, to the same numbers.
    Files.delete(out.resolve("results/yolov2-seed-2.json"));
    assertThat(run(plan)).hasSize(1).first().asString().contains("run 8/8: yolov2, seed 2");
    assertThat(timeless(results(out))).isEqualTo(timeless(results));

    assertTheRateIsTheBestOfThoseTried(out);

    Plan other = new Plan(plan.question(), plan.base(), 3, plan.rates(), 2);
    assertThatThrownBy(() -> run(other))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("holds a comparison with another plan: seeds was 2 and is 3");
  }

  private static void assertTheRateIsTheBestOfThoseTried(Path out) throws IOException {
    for (String name : List.of("yolov5", "yolov2")) {
      double low = result(out, name + "-rate-0.001").map50();
      double high = result(out, name + "-rate-0.003").map50();
      assertThat(result(out, name + "-seed-1").rate()).isEqualTo(high > low ? 0.003 : 0.001);
    }
  }

  private static RunResult result(Path out, String name) throws IOException {
    return RunResult.read(name, Files.readString(out.resolve("results").resolve(name + ".json")));
  }

  @Test
  void aLossThatDivergesIsAResultToo() throws IOException {
    String question =
        """
        {"title": "?", "losses": [
          {"name": "wild", "preset": "yolov2-old",
           "training": {"optimizer": "sgd", "learningRate": 1, "warmUp": 0}},
          {"name": "tame", "preset": "yolov5", "training": {"learningRate": 0.003}}]}
        """;
    Path out = folder.resolve("out");
    Plan plan = SmallComparison.plan(question, out);
    assertThat(run(plan)).hasSize(4).first().asString().contains("diverged after");
    assertThat(result(out, "wild-seed-2").diverged()).contains("no longer finite");
    assertThat(Files.readString(out.resolve("report.md")))
        .contains("2 of 2, 2 diverged", "Given, and not tried.");
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    Path out = folder.resolve("out");
    String networks =
        """
        {"title": "?", "losses": [{"name": "a", "preset": "yolov5"},
          {"name": "b", "spec": {"preset": "yolov5",
                                 "heads": [{"stride": 16, "anchors": [[5, 5]]}]}}]}
        """;
    assertThatThrownBy(() -> run(SmallComparison.plan(networks, out)))
        .isInstanceOf(TrainingException.class)
        .hasMessage(
            "a has 4 anchors at stride 16 and b has 1 anchors at stride 16:"
                + " they cannot begin with the same network");
    assertThat(out).doesNotExist();

    TrainingData unvalidated =
        TrainingData.of(new GeneratedShapes(12, 0, 96, 96, 7).dataSet(), InputOptions.of(64, 4));
    Plan plan = SmallComparison.plan(SmallComparison.TWO_LOSSES, out);
    assertThatThrownBy(
            () ->
                Comparison.run(
                    plan,
                    unvalidated,
                    Optional.of(out),
                    "compare",
                    new SmallComparison.Silent(),
                    new PrintWriter(printed)))
        .isInstanceOf(TrainingException.class)
        .hasMessage("shapes has no images to validate on");

    Files.createDirectories(out);
    Files.writeString(out.resolve("metrics.csv"), "mine");
    assertThatThrownBy(() -> run(plan))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("holds something else");

    assertThatThrownBy(
            () -> Comparison.resume(folder, new SmallComparison.Silent(), new PrintWriter(printed)))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("--resume " + folder + ": holds no comparison");
  }

  private static Map<String, String> results(Path out) throws IOException {
    Map<String, String> results = new TreeMap<>();
    try (Stream<Path> files = Files.list(out.resolve("results"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
        results.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return results;
  }

  static Map<String, String> timeless(Map<String, String> results) {
    Map<String, String> timeless = new TreeMap<>();
    results.forEach(
        (name, json) -> {
          assertThat(json).contains("\"time\"");
          timeless.put(name, json.substring(0, json.indexOf("\"time\"")));
        });
    return timeless;
  }
}
