package dev.yololoss.trainer.compare;

import dev.yololoss.Backend;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.data.GeneratedShapes;
import dev.yololoss.trainer.optimize.OptimizerKind;
import dev.yololoss.trainer.optimize.OptimizerOptions;
import dev.yololoss.trainer.optimize.ScheduleKind;
import dev.yololoss.trainer.optimize.ScheduleOptions;
import dev.yololoss.trainer.report.TrainingProgress;
import dev.yololoss.trainer.train.HeadType;
import dev.yololoss.trainer.train.InputOptions;
import dev.yololoss.trainer.train.LossChoice;
import dev.yololoss.trainer.train.NetworkOptions;
import dev.yololoss.trainer.train.TrainingData;
import dev.yololoss.trainer.train.TrainingOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Comparisons that take seconds: 12 images of 64 pixels, 3 steps an epoch. */
final class SmallComparison {
  static final String TWO_LOSSES =
      """
      {"title": "Which of two?", "claims": ["the first is < the second"], "losses": [
        {"name": "yolov5", "preset": "yolov5"},
        {"name": "yolov2", "preset": "yolov2", "training": {"warmUp": 0}}]}
      """;

  private static final InputOptions INPUT = InputOptions.of(64, 4);

  private SmallComparison() {}

  /** Shows nothing, and remembers which runs there were. */
  static final class Silent extends ComparisonSteps {
    final List<String> lines = new ArrayList<>();

    @Override
    void show(long steps) {}

    @Override
    void say(String line) {
      lines.add(line);
    }

    @Override
    public void close() {}
  }

  static TrainingData data() {
    return TrainingData.of(new GeneratedShapes(12, 6, 96, 96, 7).dataSet(), INPUT);
  }

  static TrainingOptions base(Path out) {
    return new TrainingOptions(
        Optional.empty(),
        new LossChoice.Named(Preset.YOLOV5),
        new NetworkOptions(List.of(16), HeadType.F32),
        3,
        INPUT,
        Backend.REFERENCE,
        OptimizerOptions.of(OptimizerKind.ADAM),
        ScheduleOptions.of(ScheduleKind.COSINE, 3e-3),
        OptionalInt.empty(),
        7,
        1,
        out);
  }

  static Plan plan(String question, Path out) {
    return new Plan(
        Question.read("test", question, INPUT.size()), base(out), 2, List.of(0.003, 0.001), 2);
  }

  /** A run's result with made-up numbers. */
  static RunResult result(String contender, long seed, double map50) {
    List<RunResult.Point> curve = new ArrayList<>();
    for (int epoch = 1; epoch <= 20; epoch++) {
      double share = epoch / 20.0;
      curve.add(
          new RunResult.Point(
              epoch,
              10 / share,
              epoch % 2 == 0 ? map50 * share : null,
              epoch % 2 == 0 ? map50 * share / 2 : null,
              0.5,
              0.6,
              0.7,
              0.01,
              epoch == 1 ? null : 1 - share));
    }
    return new RunResult(
        contender + "-seed-" + seed,
        contender,
        PlannedRun.Stage.FINAL,
        0.003,
        seed,
        20,
        null,
        new RunResult.Measured(
            map50,
            map50 / 2,
            map50 * 0.9,
            List.of(
                new RunResult.OfClass("disc", 10, map50, map50 / 2, map50),
                new RunResult.OfClass("square", 0, null, null, null),
                new RunResult.OfClass("triangle", 3, map50, map50 / 2, map50),
                new RunResult.OfClass("cross", 3, map50, map50 / 2, map50))),
        curve,
        new RunResult.Time(0.01, 0.02, 33));
  }

  static TrainingProgress nothing() {
    return new Silent().epochs();
  }
}
