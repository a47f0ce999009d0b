package dev.yololoss.trainer.data;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Rectangle2D;

/**
 * A shape in an image.
 *
 * @param outline in pixels
 */
record PlacedShape(ShapeKind kind, Shape outline, Color colour) {

  /** The tight box around the whole shape, in pixels, even where another one covers it. */
  Rectangle2D bounds() {
    return outline.getBounds2D();
  }

  /** The share of the smaller of the two boxes that lies in the other, 0 to 1. */
  double overlap(PlacedShape other) {
    Rectangle2D common = bounds().createIntersection(other.bounds());
    return common.isEmpty() ? 0 : area(common) / Math.min(area(bounds()), area(other.bounds()));
  }

  private static double area(Rectangle2D box) {
    return box.getWidth() * box.getHeight();
  }

  LabelledBox box(int width, int height) {
    Rectangle2D bounds = bounds();
    return LabelledBox.ofEdges(
        kind.ordinal(),
        bounds.getMinX() / width,
        bounds.getMinY() / height,
        bounds.getMaxX() / width,
        bounds.getMaxY() / height,
        false);
  }

  void draw(Graphics2D graphics) {
    graphics.setPaint(colour);
    graphics.fill(outline);
  }
}
