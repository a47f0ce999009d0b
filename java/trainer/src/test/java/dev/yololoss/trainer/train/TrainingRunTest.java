package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.optimize.OptimizerKind;
import dev.yololoss.trainer.optimize.OptimizerOptions;
import dev.yololoss.trainer.optimize.ScheduleKind;
import dev.yololoss.trainer.optimize.ScheduleOptions;
import dev.yololoss.trainer.report.EpochReport;
import dev.yololoss.trainer.report.MetricsFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainingRunTest {
  private static final TrainingData SHAPES = SmallRun.data();

  @TempDir Path folder;

  @Test
  void aShortRunLearnsAndLeavesItsFiles() throws IOException {
    RecordedProgress progress = new RecordedProgress();
    StringWriter out = new StringWriter();
    TrainingSummary summary =
        SmallRun.run(
            options(new LossChoice.Named(Preset.YOLOV5), List.of(16), 8, "run"),
            SHAPES,
            progress,
            new PrintWriter(out));

    List<EpochReport> metrics = MetricsFile.read(folder.resolve("run/metrics.csv"));
    assertThat(metrics).isEqualTo(progress.epochs).hasSize(8);
    assertThat(metrics.getLast().losses().total())
        .isLessThan(0.97 * metrics.getFirst().losses().total());
    assertThat(metrics.getLast().precision().map50()).isBetween(0.0, 1.0);
    assertThat(metrics).allSatisfy(m -> assertThat(m.pace().lossShare()).isBetween(0.0, 1.0));
    assertThat(summary.finished()).isTrue();
    assertThat(summary.precision()).isPresent();
    for (String name : List.of("metrics.csv", "spec.json", "loss.png", "map.png", "sheet.png")) {
      assertThat(folder.resolve("run").resolve(name)).isNotEmptyFile();
      assertThat(out.toString()).contains("wrote " + folder.resolve("run").resolve(name));
    }
    assertThat(out.toString()).contains("anchors from the training boxes, mean IoU", "disc");
    assertThat(metrics).allSatisfy(m -> assertThat(m.layers()).hasSize(1));
    assertThat(metrics.getFirst().matches().churn()).isNaN();
    assertThat(metrics.subList(1, 8))
        .allSatisfy(m -> assertThat(m.matches().churn()).isBetween(0.0, 1.0));
  }

  @Test
  void theSameSeedGivesTheSameLosses() {
    assertThat(losses("first", 3)).isEqualTo(losses("second", 3)).isNotEqualTo(losses("other", 4));
  }

  private List<Double> losses(String name, long seed) {
    RecordedProgress progress = new RecordedProgress();
    TrainingOptions options =
        options(new LossChoice.Named(Preset.YOLOV5), List.of(16), 1, name, seed);
    SmallRun.run(options, SHAPES, progress, silent());
    return progress.steps.stream().map(s -> s.losses().total()).toList();
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void everyPresetTakesSteps(Preset preset) {
    RecordedProgress progress = new RecordedProgress();
    SmallRun.run(
        options(new LossChoice.Named(preset), List.of(16), 1, "run"), SHAPES, progress, silent());
    assertThat(progress.steps).hasSize(6);
    assertThat(progress.steps)
        .allSatisfy(s -> assertThat(Double.isFinite(s.losses().total())).isTrue());
  }

  @Test
  void threeHeadsTrainToo() {
    RecordedProgress progress = new RecordedProgress();
    SmallRun.run(
        options(new LossChoice.Named(Preset.YOLOV5), List.of(8, 16, 32), 4, "run"),
        SHAPES,
        progress,
        silent());
    assertThat(progress.epochs.getLast().losses().total())
        .isLessThan(progress.epochs.getFirst().losses().total());
  }

  @Test
  void aDescriptionKeepsItsHeads() {
    String json =
        """
        {"preset": "yolov3-bce", "heads": [{"stride": 32, "anchors": [[40, 40], [60, 60]]},
         {"stride": 8, "anchors": [[20, 20]]}]}
        """;
    LossChoice choice = new LossChoice.Described(Path.of("loss.json"), json);
    ChooseLoss chosen = ChooseLoss.of(options(choice, List.of(16), 1, "run"), SHAPES.set());
    assertThat(chosen.clusters()).isEmpty();
    assertThat(chosen.spec().classes()).isEqualTo(4);
    assertThat(chosen.spec().heads().heads().stream().map(h -> h.stride())).containsExactly(32, 8);
  }

  @Test
  void headsThatDoNotDivideTheInputAreRefused() {
    String json =
        "{\"preset\": \"yolov5\", \"heads\": [{\"stride\": 64, \"anchors\": [[40, 40]]}]}";
    LossChoice choice = new LossChoice.Described(Path.of("loss.json"), json);
    assertThatThrownBy(
            () ->
                SmallRun.run(
                    options(choice, List.of(16), 1, "run"),
                    SHAPES,
                    new RecordedProgress(),
                    silent()))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("--size is 96; must be a multiple of the largest stride, 64");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  private TrainingOptions options(LossChoice loss, List<Integer> strides, int epochs, String name) {
    return options(loss, strides, epochs, name, 1);
  }

  @Test
  void aRunThatDivergesSaysSoAndKeepsItsMetrics() {
    TrainingOptions wild =
        options(new LossChoice.Named(Preset.YOLOV2_OLD), List.of(16), 20, "run")
            .with(
                OptimizerOptions.of(OptimizerKind.SGD), ScheduleOptions.of(ScheduleKind.COSINE, 1));
    assertThatThrownBy(() -> SmallRun.run(wild, SHAPES, new RecordedProgress(), silent()))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("no longer finite")
        .hasMessageContaining("--learning-rate");
    assertThat(folder.resolve("run/metrics.csv")).isNotEmptyFile();
  }

  private TrainingOptions options(
      LossChoice loss, List<Integer> strides, int epochs, String name, long seed) {
    return SmallRun.options(loss, strides, epochs, folder.resolve(name))
        .with(epochs, seed, folder.resolve(name));
  }

  private static PrintWriter silent() {
    return new PrintWriter(new StringWriter());
  }
}
