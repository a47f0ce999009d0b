package dev.yololoss.trainer.audit;

import dev.yololoss.LossParts;
import dev.yololoss.trainer.data.LabelledImage;
import java.util.Comparator;

/**
 * What a loss says of one image.
 *
 * @param loss with weights and reduction, the image computed as a batch of its own
 * @param labels that count
 * @param unmatched of them, those that no slot is responsible for
 * @param missing confident predictions that no label explains
 */
record ImageFinding(LabelledImage image, LossParts loss, int labels, int unmatched, int missing) {
  static final Comparator<ImageFinding> WORST_FIRST =
      Comparator.<ImageFinding>comparingDouble(f -> f.loss().total()).reversed();
}
