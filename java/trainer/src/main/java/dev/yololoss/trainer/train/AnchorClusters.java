package dev.yololoss.trainer.train;

import dev.yololoss.spec.Anchor;
import dev.yololoss.trainer.data.LabelledBox;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.data.Letterbox;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Anchors that suit the labels: k-means over box shapes, nearest by IoU of shapes.
 *
 * @param anchors in pixels of the network's input, smallest area first
 * @param meanIoU of each training box with its best anchor, by shape alone; 0 to 1
 */
record AnchorClusters(List<Anchor> anchors, double meanIoU) {
  private static final int ROUNDS = 100;

  /**
   * Clusters the boxes that train; the same seed gives the same anchors.
   *
   * @param size side of the network's input, in pixels
   * @param count how many anchors; some coincide if there are fewer shapes
   * @throws TrainingException if there is no box
   */
  static AnchorClusters of(List<LabelledImage> images, int size, int count, long seed) {
    List<Anchor> shapes = shapes(images, size);
    if (shapes.isEmpty()) {
      throw new TrainingException("the training images have no box to train on");
    }
    List<Anchor> centres = spreadOut(shapes, count, new SplittableRandom(seed));
    for (int round = 0; round < ROUNDS; round++) {
      List<Anchor> moved = means(shapes, centres);
      if (moved.equals(centres)) {
        break;
      }
      centres = moved;
    }
    List<Anchor> found = centres;
    return new AnchorClusters(
        centres.stream().sorted(Comparator.comparingDouble(a -> a.width() * a.height())).toList(),
        shapes.stream().mapToDouble(s -> iou(s, found.get(nearest(s, found)))).average().orElse(0));
  }

  private static List<Anchor> shapes(List<LabelledImage> images, int size) {
    List<Anchor> shapes = new ArrayList<>();
    for (LabelledImage image : images) {
      Letterbox letterbox = new Letterbox(image.width(), image.height(), size);
      for (LabelledBox box : image.boxes()) {
        if (!box.ignored()) {
          LabelledBox seen = letterbox.toNetwork(box);
          shapes.add(new Anchor(seen.width() * size, seen.height() * size));
        }
      }
    }
    return shapes;
  }

  /** k-means++: each further centre is drawn the likelier, the worse the present ones fit. */
  private static List<Anchor> spreadOut(List<Anchor> shapes, int count, SplittableRandom random) {
    List<Anchor> centres = new ArrayList<>();
    centres.add(shapes.get(random.nextInt(shapes.size())));
    while (centres.size() < count) {
      double[] misfits =
          shapes.stream().mapToDouble(s -> 1 - iou(s, centres.get(nearest(s, centres)))).toArray();
      double total = 0;
      for (double misfit : misfits) {
        total += misfit;
      }
      double left = random.nextDouble() * total;
      int drawn = 0;
      while (drawn < misfits.length - 1 && left >= misfits[drawn]) {
        left -= misfits[drawn];
        drawn++;
      }
      centres.add(shapes.get(drawn));
    }
    return centres;
  }

  private static List<Anchor> means(List<Anchor> shapes, List<Anchor> centres) {
    double[][] sums = new double[centres.size()][3];
    for (Anchor shape : shapes) {
      double[] sum = sums[nearest(shape, centres)];
      sum[0] += shape.width();
      sum[1] += shape.height();
      sum[2]++;
    }
    List<Anchor> moved = new ArrayList<>();
    for (int i = 0; i < sums.length; i++) {
      double[] sum = sums[i];
      moved.add(sum[2] == 0 ? centres.get(i) : new Anchor(sum[0] / sum[2], sum[1] / sum[2]));
    }
    return moved;
  }

  private static int nearest(Anchor shape, List<Anchor> centres) {
    int best = 0;
    for (int i = 1; i < centres.size(); i++) {
      if (iou(shape, centres.get(i)) > iou(shape, centres.get(best))) {
        best = i;
      }
    }
    return best;
  }

  private static double iou(Anchor a, Anchor b) {
    double common = Math.min(a.width(), b.width()) * Math.min(a.height(), b.height());
    return common / (a.width() * a.height() + b.width() * b.height() - common);
  }
}
