package dev.yololoss;

/**
 * Predictions as boxes and probabilities. The boxes of an image are counted by layer, anchor, row
 * and column.
 *
 * @param images the number of images
 * @param boxes the number of boxes of one image
 * @param classes the number of classes
 * @param values {@code [images, boxes, 5 + classes]}: centre x, centre y, width, height in pixels
 *     of the network's input, objectness and class probabilities, each 0..1
 */
public record DecodedBoxes(int images, int boxes, int classes, DenseTensor values) {
  public double centreX(int image, int box) {
    return at(image, box, 0);
  }

  public double centreY(int image, int box) {
    return at(image, box, 1);
  }

  public double width(int image, int box) {
    return at(image, box, 2);
  }

  public double height(int image, int box) {
    return at(image, box, 3);
  }

  public double objectness(int image, int box) {
    return at(image, box, 4);
  }

  public double probability(int image, int box, int category) {
    return at(image, box, 5 + category);
  }

  private double at(int image, int box, int column) {
    return values.get((long) image * boxes + box, column);
  }
}
