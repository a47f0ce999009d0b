package dev.yololoss.trainer.train;

import ai.djl.training.optimizer.Optimizer;
import dev.yololoss.EngineOptions;
import dev.yololoss.NonFiniteException;
import dev.yololoss.djl.LossStep;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.trainer.data.Augmentation;
import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.data.BatchLoader;
import dev.yololoss.trainer.data.BatchOptions;
import dev.yololoss.trainer.data.DetectionDataSet;
import dev.yololoss.trainer.data.GeneratedShapes;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.data.ScaledImages;
import dev.yololoss.trainer.report.EpochReport;
import dev.yololoss.trainer.report.Losses;
import dev.yololoss.trainer.report.Pace;
import dev.yololoss.trainer.report.PictureSheet;
import dev.yololoss.trainer.report.Precision;
import dev.yololoss.trainer.report.StepReport;
import dev.yololoss.trainer.report.TrainingProgress;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Trains a small detector and says how it went.
 *
 * <p>The same options give the same numbers on the same machine with the same number of threads:
 * split, anchors, first parameters, order and augmentation come from the seed, and the loss is
 * computed in a fixed order. PyTorch promises the same for its convolutions only with equal
 * libraries, processor and thread count.
 */
public final class TrainingRun {
  private static final int EVALUATIONS = 10;
  private static final long IMAGE_BYTES = 1L << 30;

  private final TrainingOptions options;
  private final DetectionDataSet data;
  private final PrintWriter out;
  private final ScaledImages scaled;
  private Optional<Evaluation> evaluation = Optional.empty();

  private TrainingRun(TrainingOptions options, DetectionDataSet data, PrintWriter out) {
    this.options = options;
    this.data = data;
    this.out = out;
    this.scaled = new ScaledImages(options.size(), IMAGE_BYTES);
  }

  /**
   * Trains, and writes {@code metrics.csv}, {@code spec.json}, {@code loss.png}, {@code map.png}
   * and {@code sheet.png}; an interrupted run writes what it has.
   *
   * @param out for people
   * @throws TrainingException if the options do not go together
   * @throws DivergedException if the network's output is no longer finite; the metrics and curves
   *     up to there are written
   * @throws dev.yololoss.trainer.data.DataException if the data cannot be read
   * @throws dev.yololoss.BackendUnavailableException if the backend is not there
   */
  public static TrainingSummary run(
      TrainingOptions options, TrainingProgress progress, PrintWriter out) {
    DetectionDataSet data =
        options.data().isPresent()
            ? DetectionDataSet.read(options.data().get(), options.seed())
            : GeneratedShapes.standard(options.seed()).dataSet();
    return run(options, data, progress, out);
  }

  static TrainingSummary run(
      TrainingOptions options, DetectionDataSet data, TrainingProgress progress, PrintWriter out) {
    return new TrainingRun(options, data, out).run(progress);
  }

  private TrainingSummary run(TrainingProgress progress) {
    ChooseLoss choice = ChooseLoss.of(options, data);
    requireWholeCells(choice.spec());
    PyTorch.start();
    try (LossStep loss = LossStep.open(choice.spec(), EngineOptions.on(options.backend()));
        Detector detector = Detector.initialised(choice.spec(), options.size(), options.seed());
        Interruption interruption = Interruption.listening()) {
      RunFolder folder = RunFolder.create(options.out());
      folder.writeSpec(choice.spec().toJson());
      Introduction.print(out, options, data, choice, loss.choice(), detector.size());
      boolean finished = train(detector, loss, progress, folder, interruption);
      leave(folder, new FindObjects(detector, loss), finished);
      TrainingSummary summary =
          new TrainingSummary(
              data.classes(), evaluation.map(Evaluation::precision), finished, folder.files());
      // Still here, since an interrupted run ends with the interruption's scope.
      summary.print(out);
      return summary;
    }
  }

  private void requireWholeCells(LossSpec spec) {
    int largest = spec.heads().heads().stream().mapToInt(Head::stride).max().orElseThrow();
    if (options.size() % largest != 0) {
      throw new TrainingException(
          "--size is "
              + options.size()
              + "; must be a multiple of the largest stride, "
              + largest
              + ", of the loss");
    }
  }

  private boolean train(
      Detector detector,
      LossStep loss,
      TrainingProgress progress,
      RunFolder folder,
      Interruption interruption) {
    int steps = Math.ceilDiv(data.training().size(), options.batch());
    LearningRate rate = new LearningRate(options.learningRate(), steps * options.epochs());
    TrainStep step = new TrainStep(detector, loss, optimizer(rate));
    FindObjects finder = new FindObjects(detector, loss);
    for (int epoch = 1; epoch <= options.epochs(); epoch++) {
      long start = System.nanoTime();
      progress.epochStarted(epoch, options.epochs(), steps);
      EpochTotals totals = epoch(epoch, step, progress, folder, interruption);
      boolean stop = interruption.asked();
      Precision precision = Precision.NOT_EVALUATED;
      if (!stop && isEvaluated(epoch)) {
        precision = evaluate(finder);
      }
      if (totals.steps() > 0) {
        EpochReport report =
            new EpochReport(
                epoch,
                rate.at((epoch - 1) * steps + (int) totals.steps()),
                totals.losses(),
                totals.matches(),
                new Pace(
                    totals.imagesPerSecond(),
                    totals.lossShare(),
                    (System.nanoTime() - start) / 1e9),
                precision);
        folder.append(report);
        progress.epochFinished(report);
      }
      if (stop) {
        return false;
      }
    }
    return true;
  }

  private EpochTotals epoch(
      int epoch,
      TrainStep step,
      TrainingProgress progress,
      RunFolder folder,
      Interruption interruption) {
    EpochTotals totals = new EpochTotals();
    BatchOptions batches =
        BatchOptions.training(
            options.batch(), BatchOptions.Remainder.KEEP, Augmentation.standard());
    try (BatchLoader loader =
        BatchLoader.start(data.training(), batches, scaled, options.seed(), epoch)) {
      for (int number = 1; loader.hasNext() && !interruption.asked(); number++) {
        Batch batch = loader.next();
        TrainStep.Outcome outcome = step.run(batch);
        totals.add(batch.images(), outcome.result(), outcome.seconds(), outcome.lossSeconds());
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

  private Optimizer optimizer(LearningRate rate) {
    return switch (options.optimizer()) {
      case ADAM -> Optimizer.adam().optLearningRateTracker(rate).build();
      case SGD -> Optimizer.sgd().setLearningRateTracker(rate).optMomentum(0.9f).build();
    };
  }

  private boolean isEvaluated(int epoch) {
    int every = Math.max(1, Math.ceilDiv(options.epochs(), EVALUATIONS));
    return !data.validation().isEmpty() && (epoch == options.epochs() || epoch % every == 0);
  }

  private Precision evaluate(FindObjects finder) {
    Evaluation now =
        Evaluation.of(finder, data.validation(), scaled, options.batch(), data.classes().size());
    evaluation = Optional.of(now);
    return Precision.of(now.precision());
  }

  private void leave(RunFolder folder, FindObjects finder, boolean finished) {
    if (!finished) {
      folder.writeNote(
          "interrupted.txt",
          "This run was interrupted; the last row of metrics.csv may be part of an epoch.");
    }
    folder.drawCurves();
    List<LabelledImage> shown =
        data.validation().stream().limit(PictureSheet.MOST_PICTURES).toList();
    if (!shown.isEmpty()) {
      List<FindObjects.Found> found = new ArrayList<>();
      Evaluation.visit(finder, shown, scaled, options.batch(), found::add);
      folder.drawSheet(data.classes(), found);
    }
    evaluation
        .filter(e -> e.notFinite() > 0)
        .ifPresent(e -> out.println(e.notFinite() + " predicted boxes were not finite"));
  }
}
