package dev.yololoss.spec;

import java.util.List;

/**
 * How the terms become one number.
 *
 * @param kind the rule
 * @param balance factor of each head's objectness (yolov5): empty, or at least one per head, each
 *     greater than 0
 * @param autobalance whether the balance adapts after each step (yolov5)
 * @param balanceStride the stride of the head whose balance stays 1 under {@code autobalance}
 */
public record Reduction(Kind kind, List<Double> balance, boolean autobalance, int balanceStride) {
  /** The rules. */
  public enum Kind {
    /** Sums (YOLOv3LossV2, DeNA; darknet's cost). */
    SUM,
    /** Sums divided by the number of images. */
    SUM_OVER_BATCH,
    /** The same with the box and objectness terms halved (YOLOv2 at 68b66ce). */
    HALVED_SUM_OVER_BATCH,
    /**
     * Means over the matches of each head and over all cells; a head's squared box errors are added
     * once more for each later head with matches (YOLOv3-from-scratch series).
     */
    RUNNING_LAYER_MEANS,
    /**
     * Means over the matches of each head and over all cells, times the number of images (yolov5).
     */
    LAYER_MEANS_TIMES_BATCH
  }

  public Reduction {
    Require.present("reduction.kind", kind);
    balance = balance == null ? List.of() : List.copyOf(balance);
    Require.positives("reduction.balance", balance);
    if (balanceStride < 0) {
      throw new SpecException(
          "reduction.balanceStride is " + balanceStride + "; must be at least 0");
    }
  }
}
