package dev.yololoss.trainer.train;

import dev.yololoss.Diagnostics;
import dev.yololoss.LossParts;
import dev.yololoss.LossResult;
import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.report.Losses;
import dev.yololoss.trainer.report.Matches;
import java.util.ArrayList;
import java.util.List;

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
  private final List<LayerMeans> layers = new ArrayList<>();
  private final AssignmentChurn churn;
  private long positives;
  private long ignored;
  private long images;
  private double seconds;
  private double lossSeconds;

  /**
   * @param churn continued, and not ended
   */
  EpochTotals(AssignmentChurn churn) {
    this.churn = churn;
  }

  void add(Batch batch, LossResult result, double seconds, double lossSeconds) {
    int images = batch.images();
    churn.add(batch, result.matches());
    List<LossParts> parts = result.perLayer();
    while (layers.size() < parts.size()) {
      layers.add(new LayerMeans(new Mean(), new Mean(), new Mean(), new Mean()));
    }
    for (int layer = 0; layer < parts.size(); layer++) {
      layers.get(layer).add(parts.get(layer), images);
    }
    total.add(result.total(), images);
    box.add(result.box(), images);
    objectness.add(result.objectness(), images);
    classification.add(result.classification(), images);
    Diagnostics step = result.diagnostics();
    positives += step.positives();
    ignored += step.ignored();
    meanIoU.add(step.meanIou(), step.positives());
    // Each mean weighs what it is a mean over: rows of the assignment, targets, slots.
    int targets = result.targets().used();
    recall50.add(step.recall50(), targets);
    recall75.add(step.recall75(), targets);
    onMatches.add(step.objectnessOnMatches(), step.positives() - step.collisions());
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
        elsewhere.value(),
        churn.value());
  }

  List<Losses> layers() {
    return layers.stream().map(LayerMeans::value).toList();
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

  private record LayerMeans(Mean total, Mean box, Mean objectness, Mean classification) {
    void add(LossParts parts, double weight) {
      total.add(parts.total(), weight);
      box.add(parts.box(), weight);
      objectness.add(parts.objectness(), weight);
      classification.add(parts.classification(), weight);
    }

    Losses value() {
      return new Losses(total.value(), box.value(), objectness.value(), classification.value());
    }
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
