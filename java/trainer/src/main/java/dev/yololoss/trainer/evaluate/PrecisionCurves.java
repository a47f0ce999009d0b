package dev.yololoss.trainer.evaluate;

import java.util.List;

/**
 * Precision over recall at IoU 0.5.
 *
 * @param categories a curve per class, by class index; of no points for a class without truths
 */
public record PrecisionCurves(List<List<Point>> categories) {
  /**
   * With all detections down to some score.
   *
   * @param recall share of the truths that were found, 0 to 1
   * @param precision share of the detections that are right, 0 to 1, as it is and without the
   *     envelope that averages are taken of
   */
  public record Point(double score, double recall, double precision) {}

  public PrecisionCurves {
    categories = categories.stream().map(List::copyOf).toList();
  }
}
