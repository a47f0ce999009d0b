package dev.yololoss.trainer.train;

import dev.yololoss.NonFiniteException;
import dev.yololoss.trainer.data.Augmentation;
import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.data.BatchLoader;
import dev.yololoss.trainer.data.BatchOptions;
import dev.yololoss.trainer.report.EpochReport;
import dev.yololoss.trainer.report.Losses;
import dev.yololoss.trainer.report.Pace;
import dev.yololoss.trainer.report.Precision;
import dev.yololoss.trainer.report.StepReport;
import dev.yololoss.trainer.report.TrainingProgress;
import java.util.Optional;

/** The epochs of a run: steps, now and then an evaluation, a row of metrics, a checkpoint. */
final class Epochs {
  private static final int EVALUATIONS = 10;

  private final TrainingOptions options;
  private final TrainingData data;
  private final Learner learner;
  private final RunFolder folder;
  private final TrainingProgress progress;
  private final Interruption interruption;
  private Optional<Evaluation> evaluation = Optional.empty();

  Epochs(
      TrainingOptions options,
      TrainingData data,
      Learner learner,
      RunFolder folder,
      TrainingProgress progress,
      Interruption interruption) {
    this.options = options;
    this.data = data;
    this.learner = learner;
    this.folder = folder;
    this.progress = progress;
    this.interruption = interruption;
  }

  /** The last there was. */
  Optional<Evaluation> evaluation() {
    return evaluation;
  }

  /**
   * @param finished the last epoch that needs no more work, 0 for a new run
   * @return false if the run was interrupted
   */
  boolean run(int finished) {
    for (int epoch = finished + 1; epoch <= options.epochs(); epoch++) {
      if (!run(epoch, System.nanoTime())) {
        return false;
      }
    }
    if (evaluation.isEmpty() && !data.set().validation().isEmpty()) {
      evaluate(); // a finished run was resumed
    }
    return true;
  }

  private boolean run(int epoch, long start) {
    int steps = learner.stepsPerEpoch();
    progress.epochStarted(epoch, options.epochs(), steps);
    EpochTotals totals = train(epoch);
    boolean stop = interruption.asked();
    Precision precision = Precision.NOT_EVALUATED;
    if (!stop && isEvaluated(epoch)) {
      precision = evaluate();
      folder.drawEvent(epoch, data.set().classes(), evaluation.orElseThrow().pictures());
    }
    if (totals.steps() > 0) {
      EpochReport report =
          new EpochReport(
              epoch,
              learner.learningRate((epoch - 1L) * steps + totals.steps()),
              totals.losses(),
              totals.matches(),
              new Pace(
                  totals.imagesPerSecond(), totals.lossShare(), (System.nanoTime() - start) / 1e9),
              precision,
              totals.layers());
      folder.append(report);
      progress.epochFinished(report);
    }
    if (!stop) {
      learner.churn().endEpoch();
      folder.save(learner.checkpoint(epoch));
    }
    return !stop;
  }

  private EpochTotals train(int epoch) {
    EpochTotals totals = new EpochTotals(learner.churn());
    TrainStep step = learner.step();
    long before = (epoch - 1L) * learner.stepsPerEpoch();
    BatchOptions batches =
        BatchOptions.training(
            options.input().batch(), BatchOptions.Remainder.KEEP, Augmentation.standard());
    try (BatchLoader loader =
        BatchLoader.start(data.set().training(), batches, data.training(), options.seed(), epoch)) {
      for (int number = 1; loader.hasNext() && !interruption.asked(); number++) {
        Batch batch = loader.next();
        TrainStep.Outcome outcome = step.run(batch);
        totals.add(batch, outcome.result(), outcome.seconds(), outcome.lossSeconds());
        folder.step(
            before + number, outcome.result().total(), learner.learningRate(before + number));
        progress.batchDone(report(number, batch, outcome));
      }
    } catch (NonFiniteException e) {
      folder.drawCurves();
      throw new DivergedException(
          "epoch "
              + epoch
              + ": the network's output is no longer finite: "
              + e.getMessage()
              + "; try a lower --learning-rate",
          e);
    }
    return totals;
  }

  private static StepReport report(int number, Batch batch, TrainStep.Outcome outcome) {
    var parts = outcome.result().parts();
    return new StepReport(
        number,
        batch.images(),
        new Losses(parts.total(), parts.box(), parts.objectness(), parts.classification()),
        outcome.seconds(),
        outcome.lossSeconds());
  }

  private boolean isEvaluated(int epoch) {
    int every =
        options.evaluateEvery().orElse(Math.max(1, Math.ceilDiv(options.epochs(), EVALUATIONS)));
    return !data.set().validation().isEmpty() && (epoch == options.epochs() || epoch % every == 0);
  }

  private Precision evaluate() {
    Evaluation now =
        Evaluation.of(
            learner.finder(),
            data.set().validation(),
            data.scaled(),
            options.input().batch(),
            data.set().classes().size());
    evaluation = Optional.of(now);
    return Precision.of(now.precision());
  }
}
