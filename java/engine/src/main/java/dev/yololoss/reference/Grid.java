package dev.yololoss.reference;

import dev.yololoss.HeadTensor;
import dev.yololoss.spec.Anchor;
import dev.yololoss.spec.AnchorUnit;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.LossSpec;
import java.util.List;

/**
 * One head's geometry. Boxes are measured in cells or, for darknet's decodings, in fractions of the
 * image.
 *
 * @param images the batch size
 * @param anchors the head's anchors, in pixels
 * @param pool all anchors that compete for a target, in pixels
 * @param members where the head's anchors stand in the pool
 */
record Grid(
    int layer,
    int images,
    int height,
    int width,
    int attributes,
    int stride,
    double scaleXY,
    boolean inImageUnits,
    List<Anchor> anchors,
    List<Anchor> pool,
    List<Integer> members) {
  static Grid of(LossSpec spec, int layer, HeadTensor tensor) {
    Head head = spec.heads().heads().get(layer);
    int imageWidth = tensor.width() * head.stride();
    int imageHeight = tensor.height() * head.stride();
    boolean relative = spec.heads().unit() == AnchorUnit.IMAGE;
    List<Anchor> pool =
        spec.heads().anchors().stream()
            .map(a -> relative ? new Anchor(a.width() * imageWidth, a.height() * imageHeight) : a)
            .toList();
    return new Grid(
        layer,
        tensor.images(),
        tensor.height(),
        tensor.width(),
        tensor.attributes(),
        head.stride(),
        head.scaleXY(),
        spec.decoding().inImageUnits(),
        head.anchors().stream().map(pool::get).toList(),
        pool,
        head.anchors());
  }

  int imageWidth() {
    return width * stride;
  }

  int imageHeight() {
    return height * stride;
  }

  /** The number of slots: one per image, anchor and cell. */
  int slots() {
    return Math.multiplyExact(
        Math.multiplyExact(images, anchors.size()), Math.multiplyExact(height, width));
  }

  int slotsPerImage() {
    return anchors.size() * height * width;
  }

  int slot(int image, int anchor, int row, int column) {
    return ((image * anchors.size() + anchor) * height + row) * width + column;
  }

  int imageOf(int slot) {
    return slot / slotsPerImage();
  }

  int anchorOf(int slot) {
    return slot / (height * width) % anchors.size();
  }

  int rowOf(int slot) {
    return slot / width % height;
  }

  int columnOf(int slot) {
    return slot % width;
  }

  /** An anchor of the head as a shape in the unit of the boxes. */
  Box shape(int anchor) {
    return shape(anchors.get(anchor));
  }

  /** An anchor of the pool as a shape in the unit of the boxes. */
  Box poolShape(int member) {
    return shape(pool.get(member));
  }

  private Box shape(Anchor anchor) {
    return inImageUnits
        ? new Box(0, 0, anchor.width() / imageWidth(), anchor.height() / imageHeight())
        : new Box(0, 0, anchor.width() / stride, anchor.height() / stride);
  }

  /** A target, given in fractions of the image, in the unit of the boxes. */
  Box target(double centreX, double centreY, double boxWidth, double boxHeight) {
    return inImageUnits
        ? new Box(centreX, centreY, boxWidth, boxHeight)
        : new Box(centreX * width, centreY * height, boxWidth * width, boxHeight * height);
  }

  /** The column of a centre in fractions of the image; a centre at 1 belongs to the last. */
  int column(double centreX) {
    return Math.min((int) (centreX * width), width - 1);
  }

  /** The row of a centre in fractions of the image; a centre at 1 belongs to the last. */
  int row(double centreY) {
    return Math.min((int) (centreY * height), height - 1);
  }
}
