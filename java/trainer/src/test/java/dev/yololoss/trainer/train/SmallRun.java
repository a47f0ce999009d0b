package dev.yololoss.trainer.train;

import dev.yololoss.Backend;
import dev.yololoss.trainer.data.GeneratedShapes;
import dev.yololoss.trainer.optimize.OptimizerKind;
import dev.yololoss.trainer.optimize.OptimizerOptions;
import dev.yololoss.trainer.optimize.ScheduleKind;
import dev.yololoss.trainer.optimize.ScheduleOptions;
import dev.yololoss.trainer.report.TrainingProgress;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Runs that take seconds: 24 images of 96 pixels, 6 steps an epoch. */
final class SmallRun {
  private SmallRun() {}

  static TrainingData data() {
    return TrainingData.of(new GeneratedShapes(24, 8, 96, 96, 7).dataSet(), InputOptions.of(96, 4));
  }

  static TrainingOptions options(LossChoice loss, List<Integer> strides, int epochs, Path out) {
    return new TrainingOptions(
        Optional.empty(),
        loss,
        new NetworkOptions(strides, HeadType.F32),
        epochs,
        InputOptions.of(96, 4),
        Backend.REFERENCE,
        OptimizerOptions.of(OptimizerKind.ADAM),
        ScheduleOptions.of(ScheduleKind.COSINE, 3e-3),
        OptionalInt.empty(),
        7,
        1,
        out);
  }

  static TrainingSummary run(
      TrainingOptions options, TrainingData data, TrainingProgress progress, PrintWriter out) {
    try (Interruption interruption = Interruption.listening()) {
      return TrainingRun.run(options, data, interruption, progress, out);
    }
  }

  static TrainingSummary resume(
      Path folder, TrainingData data, TrainingProgress progress, PrintWriter out) {
    try (Interruption interruption = Interruption.listening()) {
      return TrainingRun.resume(folder, data, interruption, progress, out);
    }
  }
}
