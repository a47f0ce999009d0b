package dev.yololoss.trainer.train;

import dev.yololoss.Diagnostics;
import dev.yololoss.LossResult;
import dev.yololoss.trainer.report.Losses;
import dev.yololoss.trainer.report.Matches;

/** Sums over the steps of an epoch; a mean over nothing is NaN. */
final class EpochTotals {
  private final Mean total = new Mean();
  private final Mean box = new Mean();
  private final Mean objectness = new Mean();
  private final Mean classification = new Mean();
  private final Mean meanIoU = new Mean();
  private final Mean recall50 = new Mean();
  private final Mean recall75 = new Mean();
  private final Mean onMatches = new Mean();
  private final Mean elsewhere = new Mean();
  private long positives;
  private long ignored;
  private long images;
  private double seconds;
  private double lossSeconds;

  void add(int images, LossResult result, double seconds, double lossSeconds) {
    total.add(result.total(), images);
    box.add(result.box(), images);
    objectness.add(result.objectness(), images);
    classification.add(result.classification(), images);
    Diagnostics step = result.diagnostics();
    positives += step.positives();
    ignored += step.ignored();
    meanIoU.add(step.meanIou(), step.positives());
    recall50.add(step.recall50(), step.positives());
    recall75.add(step.recall75(), step.positives());
    onMatches.add(step.objectnessOnMatches(), step.positives());
    elsewhere.add(step.objectnessElsewhere(), images);
    this.images += images;
    this.seconds += seconds;
    this.lossSeconds += lossSeconds;
  }

  Losses losses() {
    return new Losses(total.value(), box.value(), objectness.value(), classification.value());
  }

  Matches matches() {
    return new Matches(
        positives,
        ignored,
        meanIoU.value(),
        recall50.value(),
        recall75.value(),
        onMatches.value(),
        elsewhere.value());
  }

  double imagesPerSecond() {
    return images / seconds;
  }

  double lossShare() {
    return lossSeconds / seconds;
  }

  long steps() {
    return total.count;
  }

  /** A weighted mean; what weighs nothing is left out, even if it is NaN. */
  private static final class Mean {
    private double sum;
    private double weights;
    private long count;

    void add(double value, double weight) {
      if (weight > 0) {
        sum += value * weight;
        weights += weight;
        count++;
      }
    }

    double value() {
      return weights > 0 ? sum / weights : Double.NaN;
    }
  }
}
