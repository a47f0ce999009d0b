package dev.yololoss.trainer.train;

import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.data.BatchLoader;
import dev.yololoss.trainer.data.BatchOptions;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.data.ScaledImages;
import dev.yololoss.trainer.evaluate.AveragePrecision;
import dev.yololoss.trainer.evaluate.MeanAveragePrecision;
import dev.yololoss.trainer.evaluate.PrecisionCurves;
import dev.yololoss.trainer.report.Picture;
import dev.yololoss.trainer.report.PictureSheet;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * How well the network finds what is in some images.
 *
 * @param precision per class and overall
 * @param curves precision over recall per class
 * @param notFinite boxes dropped because the network gave NaN or infinity
 * @param shown what was found in the first few images
 */
record Evaluation(
    AveragePrecision precision,
    PrecisionCurves curves,
    long notFinite,
    List<FindObjects.Found> shown) {
  Evaluation {
    shown = List.copyOf(shown);
  }

  /** Looks at all images, in order. */
  static Evaluation of(
      FindObjects finder, List<LabelledImage> images, ScaledImages scaled, int batch, int classes) {
    return of(finder, images, scaled, batch, classes, seen -> {});
  }

  /**
   * Likewise.
   *
   * @param progress is told how many images were looked at
   */
  static Evaluation of(
      FindObjects finder,
      List<LabelledImage> images,
      ScaledImages scaled,
      int batch,
      int classes,
      IntConsumer progress) {
    MeanAveragePrecision precision = new MeanAveragePrecision(classes);
    long[] notFinite = new long[1];
    List<FindObjects.Found> shown = new ArrayList<>();
    int[] seen = new int[1];
    visit(
        finder,
        images,
        scaled,
        batch,
        found -> {
          precision.add(found.detections(), found.truths());
          notFinite[0] += found.notFinite();
          if (shown.size() < PictureSheet.MOST_PICTURES) {
            shown.add(found);
          }
          progress.accept(++seen[0]);
        });
    return new Evaluation(precision.result(), precision.curves(), notFinite[0], shown);
  }

  /** The first few images with what was found in them. */
  List<Picture> pictures() {
    return shown.stream().map(FindObjects.Found::picture).toList();
  }

  /** The first few images, looked at now. */
  static List<Picture> pictures(
      FindObjects finder, List<LabelledImage> images, ScaledImages scaled, int batch) {
    List<Picture> pictures = new ArrayList<>();
    List<LabelledImage> few = images.stream().limit(PictureSheet.MOST_PICTURES).toList();
    if (!few.isEmpty()) {
      visit(finder, few, scaled, batch, found -> pictures.add(found.picture()));
    }
    return pictures;
  }

  private static void visit(
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
