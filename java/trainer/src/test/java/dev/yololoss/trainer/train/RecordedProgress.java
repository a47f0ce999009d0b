package dev.yololoss.trainer.train;

import dev.yololoss.trainer.report.EpochReport;
import dev.yololoss.trainer.report.StepReport;
import dev.yololoss.trainer.report.TrainingProgress;
import java.util.ArrayList;
import java.util.List;

/** Keeps what was reported. */
final class RecordedProgress implements TrainingProgress {
  final List<StepReport> steps = new ArrayList<>();
  final List<EpochReport> epochs = new ArrayList<>();

  @Override
  public void epochStarted(int epoch, int epochs, int batches) {}

  @Override
  public void batchDone(StepReport report) {
    steps.add(report);
  }

  @Override
  public void epochFinished(EpochReport report) {
    epochs.add(report);
  }

  @Override
  public void close() {}
}
