package dev.yololoss.trainer.evaluate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Greedy non-maximum suppression, class by class: the surest box stays, and boxes of its class that
 * overlap it go.
 *
 * <p>Boxes of equal score are taken in the order of category, left, top, right, bottom, so the
 * outcome depends on the candidates only and never on the order they arrive in.
 *
 * @param scoreThreshold a candidate stays in the running at this score or above
 * @param iouThreshold 0 to 1; a candidate goes when its IoU with a kept box is above this
 * @param maxDetections most boxes kept for one image, over all classes; at least 1
 */
public record NonMaxSuppression(double scoreThreshold, double iouThreshold, int maxDetections) {
  private static final Comparator<Detection> SUREST_FIRST =
      Comparator.comparingDouble(Detection::score)
          .reversed()
          .thenComparingInt(Detection::category)
          .thenComparingDouble(Detection::left)
          .thenComparingDouble(Detection::top)
          .thenComparingDouble(Detection::right)
          .thenComparingDouble(Detection::bottom);

  /**
   * @throws IllegalArgumentException if a threshold is NaN, the IoU threshold is outside 0 to 1, or
   *     the maximum is below 1
   */
  public NonMaxSuppression {
    if (Double.isNaN(scoreThreshold)) {
      throw new IllegalArgumentException("score threshold NaN: must be a number");
    }
    if (!(iouThreshold >= 0 && iouThreshold <= 1)) {
      throw new IllegalArgumentException("IoU threshold " + iouThreshold + ": must be 0 to 1");
    }
    if (maxDetections < 1) {
      throw new IllegalArgumentException("at most " + maxDetections + " boxes: must be 1 or more");
    }
  }

  /**
   * What became of the candidates; the list and the four counts add up to all of them.
   *
   * @param kept surest first
   * @param notFinite candidates dropped for a NaN or infinite score or edge
   * @param belowScore candidates dropped for their score
   * @param overlapping candidates dropped for a surer box of their class
   * @param beyondMaximum candidates not looked at, because {@code maxDetections} had been kept
   */
  public record Outcome(
      List<Detection> kept, int notFinite, int belowScore, int overlapping, int beyondMaximum) {
    public Outcome {
      kept = List.copyOf(kept);
    }
  }

  /** Suppresses the candidates of one image. */
  public Outcome suppress(List<Detection> candidates) {
    List<Detection> finite = candidates.stream().filter(Detection::isFinite).toList();
    List<Detection> sure =
        finite.stream().filter(d -> d.score() >= scoreThreshold).sorted(SUREST_FIRST).toList();
    List<Detection> kept = new ArrayList<>();
    Map<Integer, List<Detection>> keptByCategory = new HashMap<>();
    int examined = 0;
    for (Detection candidate : sure) {
      if (kept.size() == maxDetections) {
        break;
      }
      examined++;
      List<Detection> rivals =
          keptByCategory.computeIfAbsent(candidate.category(), c -> new ArrayList<>());
      if (rivals.stream().noneMatch(rival -> rival.iou(candidate) > iouThreshold)) {
        rivals.add(candidate);
        kept.add(candidate);
      }
    }
    return new Outcome(
        kept,
        candidates.size() - finite.size(),
        finite.size() - sure.size(),
        examined - kept.size(),
        sure.size() - examined);
  }
}
