package dev.yololoss.trainer.report;

import dev.yololoss.trainer.evaluate.AveragePrecision;

/**
 * Mean average precision on the validation images, 0 to 1; NaN for what was not evaluated.
 *
 * @param map50 at IoU 0.5
 * @param map50To95 over IoU 0.50 to 0.95
 * @param mapVoc07 at IoU 0.5, 11 points
 */
public record Precision(double map50, double map50To95, double mapVoc07) {
  /** For an epoch after which nothing was evaluated. */
  public static final Precision NOT_EVALUATED = new Precision(Double.NaN, Double.NaN, Double.NaN);

  /** The three means of an evaluation. */
  public static Precision of(AveragePrecision result) {
    return new Precision(result.map50(), result.map50To95(), result.mapVoc07());
  }
}
