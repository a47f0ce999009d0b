package dev.yololoss.trainer.data;

import java.awt.geom.AffineTransform;
import java.awt.geom.Point2D;

/**
 * Where an image lies on the square the network sees; parts may lie outside.
 *
 * @param size side of the square, in pixels
 * @param transform from fractions of the image to pixels of the square: scales, moves, mirrors; not
 *     copied
 */
record Placement(int size, AffineTransform transform) {

  static Placement of(int size, double left, double top, double width, double height) {
    return new Placement(size, new AffineTransform(width, 0, 0, height, left, top));
  }

  /** From pixels of a picture of that size to pixels of the square. */
  AffineTransform ofPicture(int width, int height) {
    // Divided, not scaled by 1 / width: a picture that fits must not be interpolated.
    return new AffineTransform(
        transform.getScaleX() / width,
        0,
        0,
        transform.getScaleY() / height,
        transform.getTranslateX(),
        transform.getTranslateY());
  }

  /** From fractions of the image to fractions of the square. */
  LabelledBox toNetwork(LabelledBox box) {
    Point2D centre = transform.transform(new Point2D.Double(box.centreX(), box.centreY()), null);
    return new LabelledBox(
        box.category(),
        centre.getX() / size,
        centre.getY() / size,
        box.width() * Math.abs(transform.getScaleX()) / size,
        box.height() * Math.abs(transform.getScaleY()) / size,
        box.ignored());
  }

  /** The image made larger about the centre of the square and then moved, in pixels. */
  Placement scaledAndMoved(double scale, double moveX, double moveY) {
    double middle = size / 2.0;
    var moved = AffineTransform.getTranslateInstance(middle + moveX, middle + moveY);
    moved.scale(scale, scale);
    moved.translate(-middle, -middle);
    return then(moved);
  }

  /** Left and right of the square exchanged. */
  Placement mirrored() {
    return then(new AffineTransform(-1, 0, 0, 1, size, 0));
  }

  private Placement then(AffineTransform change) {
    var both = new AffineTransform(transform);
    both.preConcatenate(change);
    return new Placement(size, both);
  }
}
