package dev.yololoss.trainer.evaluate;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The average precision of every class and the means over the classes that have truths.
 *
 * @param categories one entry per class, by class index
 * @param images how many images were added
 * @param beyondLimit detections left out by the limit per image
 */
public record AveragePrecision(List<CategoryPrecision> categories, int images, int beyondLimit) {
  public AveragePrecision {
    categories = List.copyOf(categories);
  }

  /** Mean average precision at IoU 0.5, 101 points; NaN when no class has truths. */
  public double map50() {
    return mean(CategoryPrecision::at50);
  }

  /** Mean average precision over IoU 0.50 to 0.95, 101 points; NaN when no class has truths. */
  public double map50To95() {
    return mean(CategoryPrecision::at50To95);
  }

  /** Mean average precision at IoU 0.5, the 11 points of VOC 2007; NaN when no class has truths. */
  public double mapVoc07() {
    return mean(CategoryPrecision::voc07);
  }

  /** Mean average precision at IoU 0.5, the area of VOC 2010; NaN when no class has truths. */
  public double mapVoc10() {
    return mean(CategoryPrecision::voc10);
  }

  private double mean(ToDoubleFunction<CategoryPrecision> average) {
    return categories.stream()
        .filter(c -> c.truths() > 0)
        .mapToDouble(average)
        .average()
        .orElse(Double.NaN);
  }
}
