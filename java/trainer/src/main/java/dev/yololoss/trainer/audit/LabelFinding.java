package dev.yololoss.trainer.audit;

import dev.yololoss.Match;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.evaluate.Detection;
import dev.yololoss.trainer.evaluate.TruthBox;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * What a loss says of one label. Its losses are means over the slots that are responsible for it,
 * before weights and reduction, so that a label with nine slots compares with one with three.
 *
 * @param row among the image's labels, from 0
 * @param box in pixels of the image
 * @param matches slots that are responsible for it and pay
 * @param replaced slots that a later label took
 * @param boxLoss NaN without a match, as the other numbers
 * @param iou of the predicted boxes and the label, the best of them
 * @param nearest the prediction, after suppression, that overlaps it most
 */
record LabelFinding(
    LabelledImage image,
    int row,
    TruthBox box,
    int matches,
    int replaced,
    double boxLoss,
    double objectnessLoss,
    double classLoss,
    double iou,
    Optional<Detection> nearest) {
  /** Dearest first; labels without a match come last, in the order of the data. */
  static final Comparator<LabelFinding> WORST_FIRST =
      Comparator.comparing(LabelFinding::isMatched)
          .thenComparingDouble(f -> f.isMatched() ? f.loss() : 0)
          .reversed();

  static LabelFinding of(
      LabelledImage image, int row, TruthBox box, List<Match> all, List<Detection> found) {
    List<Match> paying = all.stream().filter(match -> !match.replaced()).toList();
    return new LabelFinding(
        image,
        row,
        box,
        paying.size(),
        all.size() - paying.size(),
        mean(paying, Match::boxLoss),
        mean(paying, Match::objectnessLoss),
        mean(paying, Match::classLoss),
        paying.stream().mapToDouble(Match::iou).max().orElse(Double.NaN),
        found.stream()
            .filter(detection -> detection.iou(box) > 0)
            .max(Comparator.comparingDouble(detection -> detection.iou(box))));
  }

  boolean isMatched() {
    return matches > 0;
  }

  /** The three together. */
  double loss() {
    return boxLoss + objectnessLoss + classLoss;
  }

  private static double mean(List<Match> matches, ToDoubleFunction<Match> of) {
    return matches.stream().mapToDouble(of).average().orElse(Double.NaN);
  }
}
