package dev.yololoss.trainer.audit;

import dev.yololoss.trainer.data.LabelledBox;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.data.Letterbox;
import dev.yololoss.trainer.evaluate.Detection;

/**
 * An image and the network's input that was made of it.
 *
 * @param width of the input, in pixels
 * @param height of the input, in pixels
 */
record Frame(LabelledImage image, int width, int height, Fit fit) {
  /** From fractions of the image to fractions of the input. */
  LabelledBox toNetwork(LabelledBox box) {
    return switch (fit) {
      case LETTERBOX -> letterbox().toNetwork(box);
      case STRETCH -> box;
    };
  }

  /**
   * From edges in pixels of the input to a box in pixels of the image, cut at its border; one that
   * is not finite stays as it is, to be seen and counted.
   */
  Detection toImage(
      int category, double score, double left, double top, double right, double bottom) {
    Detection whole =
        new Detection(
            category, score, toImageX(left), toImageY(top), toImageX(right), toImageY(bottom));
    return whole.isFinite() ? cut(whole) : whole;
  }

  private Detection cut(Detection box) {
    return new Detection(
        box.category(),
        box.score(),
        Math.clamp(box.left(), 0, image.width()),
        Math.clamp(box.top(), 0, image.height()),
        Math.clamp(box.right(), 0, image.width()),
        Math.clamp(box.bottom(), 0, image.height()));
  }

  private double toImageX(double x) {
    return switch (fit) {
      case LETTERBOX -> letterbox().toImageX(x);
      case STRETCH -> x * image.width() / width;
    };
  }

  private double toImageY(double y) {
    return switch (fit) {
      case LETTERBOX -> letterbox().toImageY(y);
      case STRETCH -> y * image.height() / height;
    };
  }

  private Letterbox letterbox() {
    return new Letterbox(image.width(), image.height(), width);
  }
}
