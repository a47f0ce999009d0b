package dev.yololoss.reference;

import dev.yololoss.Targets;
import dev.yololoss.spec.Ignore;
import dev.yololoss.spec.LossSpec;
import java.util.Arrays;
import java.util.List;

/**
 * Whose objectness does not count: the ignore rule over all slots of a head, matches not yet
 * considered.
 */
final class SearchIgnored {
  /** darknet's limit for "any class probability". */
  private static final double CLASS_PROBABILITY = 0.25;

  private final LossSpec spec;
  private final HeadValues head;
  private final Targets targets;

  SearchIgnored(LossSpec spec, HeadValues head, Targets targets) {
    this.spec = spec;
    this.head = head;
    this.targets = targets;
  }

  boolean[] search() {
    Grid grid = head.grid();
    boolean[] ignored = new boolean[grid.slots()];
    if (spec.ignore().rule() == Ignore.Rule.NOBODY) {
      return ignored;
    }
    for (int image = 0; image < grid.images(); image++) {
      List<Box> truths = truths(image);
      if (!truths.isEmpty()) {
        search(image, truths, ignored);
      }
    }
    return ignored;
  }

  private void search(int image, List<Box> truths, boolean[] ignored) {
    int first = image * head.grid().slotsPerImage();
    double[] best = new double[head.grid().slotsPerImage()];
    double largest = 0;
    for (int n = 0; n < best.length; n++) {
      best[n] = bestIou(first + n, truths);
      largest = Math.max(largest, best[n]);
    }
    double threshold = spec.ignore().threshold();
    for (int n = 0; n < best.length; n++) {
      ignored[first + n] =
          switch (spec.ignore().rule()) {
            case NOBODY -> false;
            case IOU_AT_LEAST -> largest > threshold && best[n] >= threshold;
            case IOU_ABOVE -> best[n] > threshold;
            case IOU_ABOVE_AND_CLASS ->
                best[n] > threshold
                    && anyProbableClass(spec, head, first + n)
                    && !(best[n] > spec.ignore().truthThreshold())
                    && !spec.objectness().smooth();
          };
    }
  }

  /** The largest IoU of a slot's predicted box with its image's targets, 0 without targets. */
  double bestIou(int slot) {
    return bestIou(slot, truths(head.grid().imageOf(slot)));
  }

  private double bestIou(int slot, List<Box> truths) {
    Box predicted = DecodeBox.of(spec.decoding(), head, slot).box();
    double best = 0;
    for (Box truth : truths) {
      best = Math.max(best, PlainIou.of(predicted, truth));
    }
    return best;
  }

  /** Whether any class probability is above darknet's limit. Reads every class. */
  static boolean anyProbableClass(LossSpec spec, HeadValues head, int slot) {
    boolean any = false;
    for (int c = 0; c < spec.classes(); c++) {
      any |= Probability.of(spec.decoding(), head.read(slot, 5 + c)) > CLASS_PROBABILITY;
    }
    return any;
  }

  private List<Box> truths(int image) {
    return Arrays.stream(targets.rowsOf(image))
        .mapToObj(
            r ->
                head.grid()
                    .target(
                        targets.centreX(r),
                        targets.centreY(r),
                        targets.width(r),
                        targets.height(r)))
        .toList();
  }
}
