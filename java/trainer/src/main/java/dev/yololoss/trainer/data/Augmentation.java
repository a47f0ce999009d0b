package dev.yololoss.trainer.data;

import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Random changes to training images. Each amount is the largest change as a fraction: 0.3 draws a
 * factor between 0.7 and 1.3.
 *
 * @param flip chance of a left-right flip, 0 to 1
 * @param brightness 0 up to, not including, 1
 * @param contrast 0 up to, not including, 1
 * @param saturation 0 up to, not including, 1
 * @param scale of the image about its centre, 0 up to, not including, 1
 * @param translate of the image, as a fraction of the square, 0 up to, not including, 1
 */
public record Augmentation(
    double flip,
    double brightness,
    double contrast,
    double saturation,
    double scale,
    double translate) {
  /** Images as they are. */
  public static final Augmentation NONE = new Augmentation(0, 0, 0, 0, 0, 0);

  /** A box of which less than this is left inside the square is no longer a fair label. */
  private static final double LEAST_VISIBLE_SHARE = 0.25;

  /**
   * @throws IllegalArgumentException if a value is out of its range
   */
  public Augmentation {
    if (!(flip >= 0 && flip <= 1)) {
      throw new IllegalArgumentException("flip " + flip + "; must be 0 to 1");
    }
    requireAmount("brightness", brightness);
    requireAmount("contrast", contrast);
    requireAmount("saturation", saturation);
    requireAmount("scale", scale);
    requireAmount("translate", translate);
  }

  private static void requireAmount(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException("%s %s; must be 0 to below 1".formatted(name, value));
    }
  }

  /** Mild changes that suit most photos. */
  public static Augmentation standard() {
    return new Augmentation(0.5, 0.3, 0.2, 0.3, 0.3, 0.1);
  }

  Placement place(Placement placement, SplittableRandom random) {
    Placement moved = placement;
    if (scale > 0 || translate > 0) {
      moved =
          placement.scaledAndMoved(
              factor(scale, random),
              (factor(translate, random) - 1) * placement.size(),
              (factor(translate, random) - 1) * placement.size());
    }
    return random.nextDouble() < flip ? moved.mirrored() : moved;
  }

  ColourChange colour(SplittableRandom random) {
    return brightness == 0 && contrast == 0 && saturation == 0
        ? ColourChange.NONE
        : new ColourChange(
            (float) factor(brightness, random),
            (float) factor(contrast, random),
            (float) factor(saturation, random));
  }

  private static double factor(double amount, SplittableRandom random) {
    return 1 + amount * (2 * random.nextDouble() - 1);
  }

  /** The box on the square; of a moved image what is left of it, if that is enough. */
  Optional<LabelledBox> box(LabelledBox box, Placement place) {
    LabelledBox onSquare = place.toNetwork(box);
    return scale > 0 || translate > 0 ? visible(onSquare) : Optional.of(onSquare);
  }

  private static Optional<LabelledBox> visible(LabelledBox box) {
    double left = Math.max(0, box.left());
    double top = Math.max(0, box.top());
    double right = Math.min(1, box.right());
    double bottom = Math.min(1, box.bottom());
    double share =
        Math.max(0, right - left) * Math.max(0, bottom - top) / (box.width() * box.height());
    return share < LEAST_VISIBLE_SHARE
        ? Optional.empty()
        : Optional.of(LabelledBox.ofEdges(box.category(), left, top, right, bottom, box.ignored()));
  }
}
