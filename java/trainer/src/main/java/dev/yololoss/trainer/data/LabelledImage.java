package dev.yololoss.trainer.data;

import java.util.List;

/**
 * An image and its labels.
 *
 * @param name unique in its data set: what an image list calls it, its path in the folder, or a
 *     number
 * @param source the pixels
 * @param width of the original image, in pixels
 * @param height of the original image, in pixels
 * @param boxes normalised to the original image, in the order of the label file
 */
public record LabelledImage(
    String name, ImageSource source, int width, int height, List<LabelledBox> boxes) {
  public LabelledImage {
    boxes = List.copyOf(boxes);
  }
}
