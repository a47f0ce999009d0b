package dev.yololoss.trainer.train;

import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.data.BatchLoader;
import dev.yololoss.trainer.data.BatchOptions;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.data.ScaledImages;
import dev.yololoss.trainer.evaluate.AveragePrecision;
import dev.yololoss.trainer.evaluate.MeanAveragePrecision;
import java.util.List;
import java.util.function.Consumer;

/**
 * How well the network finds what is in the validation images.
 *
 * @param precision per class and overall
 * @param notFinite boxes dropped because the network gave NaN or infinity
 */
record Evaluation(AveragePrecision precision, long notFinite) {
  static Evaluation of(
      FindObjects finder, List<LabelledImage> images, ScaledImages scaled, int batch, int classes) {
    MeanAveragePrecision precision = new MeanAveragePrecision(classes);
    long[] notFinite = new long[1];
    visit(
        finder,
        images,
        scaled,
        batch,
        found -> {
          precision.add(found.detections(), found.truths());
          notFinite[0] += found.notFinite();
        });
    return new Evaluation(precision.result(), notFinite[0]);
  }

  /** Looks at each image, in order. */
  static void visit(
      FindObjects finder,
      List<LabelledImage> images,
      ScaledImages scaled,
      int batch,
      Consumer<FindObjects.Found> visitor) {
    try (BatchLoader loader =
        BatchLoader.start(images, BatchOptions.evaluation(batch), scaled, 0, 0)) {
      while (loader.hasNext()) {
        Batch next = loader.next();
        finder.in(next).forEach(visitor);
      }
    }
  }
}
