package dev.yololoss.trainer.audit;

import dev.yololoss.trainer.evaluate.Detection;
import dev.yololoss.trainer.evaluate.TruthBox;

/** How much a detection and a label have in common. */
final class Overlap {
  private Overlap() {}

  /** Intersection over union, 0 to 1. */
  static double iou(Detection found, TruthBox label) {
    double width = Math.min(found.right(), label.right()) - Math.max(found.left(), label.left());
    double height = Math.min(found.bottom(), label.bottom()) - Math.max(found.top(), label.top());
    double intersection = Math.max(0, width) * Math.max(0, height);
    double union =
        (found.right() - found.left()) * (found.bottom() - found.top())
            + (label.right() - label.left()) * (label.bottom() - label.top())
            - intersection;
    return union > 0 ? intersection / union : 0;
  }
}
