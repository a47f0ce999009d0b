package dev.yololoss.trainer.compare;

import dev.yololoss.trainer.report.EpochReport;
import dev.yololoss.trainer.report.StepReport;
import dev.yololoss.trainer.report.TrainingProgress;
import java.util.Locale;

/** Counts the steps of all runs; what is shown of them is the subclasses' business. */
abstract class ComparisonSteps implements ComparisonProgress {
  private final Epochs epochs = new Epochs();
  private int runs;
  private long allSteps;
  private long stepsBefore;
  private long stepsOfRun;
  private String run = "";
  private String epoch = "";
  private String precision = "";

  /** A run may be resumed, and so begin with any epoch. */
  private final class Epochs implements TrainingProgress {
    private long before;

    @Override
    public void epochStarted(int number, int count, int batches) {
      before = stepsBefore + (number - 1L) * batches;
      epoch = "epoch " + number + "/" + count;
    }

    @Override
    public void batchDone(StepReport report) {
      show(before + report.batch());
    }

    @Override
    public void epochFinished(EpochReport report) {
      if (Double.isFinite(report.precision().map50())) {
        precision = String.format(Locale.ROOT, "  mAP50 %.3f", report.precision().map50());
      }
    }

    @Override
    public void close() {}
  }

  /** Somewhere on the way. */
  abstract void show(long steps);

  /** A line that stays. */
  abstract void say(String line);

  final long allSteps() {
    return allSteps;
  }

  /** What is being trained. */
  final String now() {
    return run + "  " + epoch + precision;
  }

  @Override
  public void planned(int runs, long steps) {
    this.runs = runs;
    this.allSteps = steps;
  }

  @Override
  public final void runSkipped(long steps) {
    stepsBefore += steps;
  }

  @Override
  public final void runStarted(int number, String inWords, long steps) {
    run = "run " + number + "/" + runs + ": " + inWords;
    epoch = "";
    precision = "";
    stepsOfRun = steps;
    show(stepsBefore);
  }

  @Override
  public final TrainingProgress epochs() {
    return epochs;
  }

  @Override
  public final void runFinished(String inWords) {
    stepsBefore += stepsOfRun;
    say(run + "  " + inWords);
  }
}
