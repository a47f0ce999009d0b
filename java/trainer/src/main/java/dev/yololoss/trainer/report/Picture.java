package dev.yololoss.trainer.report;

import dev.yololoss.trainer.evaluate.Detection;
import dev.yololoss.trainer.evaluate.TruthBox;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * One image of a {@link PictureSheet}.
 *
 * @param image not changed by drawing
 * @param caption one line below it, such as the file's name; cut short when too long
 * @param detections in pixels of the image
 * @param truths in pixels of the image
 */
public record Picture(
    BufferedImage image, String caption, List<Detection> detections, List<TruthBox> truths) {
  /**
   * @throws IllegalArgumentException if a detection's score or an edge is NaN or infinite
   */
  public Picture {
    detections = List.copyOf(detections);
    truths = List.copyOf(truths);
    for (Detection detection : detections) {
      if (!detection.isFinite()) {
        throw new IllegalArgumentException(caption + ": cannot draw " + detection);
      }
    }
  }
}
