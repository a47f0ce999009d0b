package dev.yololoss.trainer.data;

import java.awt.Shape;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;

/** The classes of the generated shapes, each within the square from (-1, -1) to (1, 1). */
enum ShapeKind {
  DISC(new Ellipse2D.Double(-1, -1, 2, 2)),
  SQUARE(rectangle(1, 1)),
  TRIANGLE(triangle()),
  CROSS(cross(0.33));

  private final Shape outline;

  ShapeKind(Shape outline) {
    this.outline = outline;
  }

  Shape outline() {
    return outline;
  }

  private static Rectangle2D rectangle(double halfWidth, double halfHeight) {
    return new Rectangle2D.Double(-halfWidth, -halfHeight, 2 * halfWidth, 2 * halfHeight);
  }

  /** Point up, base down. */
  private static Shape triangle() {
    var path = new Path2D.Double();
    path.moveTo(0, -1);
    path.lineTo(1, 1);
    path.lineTo(-1, 1);
    path.closePath();
    return path;
  }

  /**
   * @param arm half the width of an arm
   */
  private static Shape cross(double arm) {
    var cross = new Area(rectangle(1, arm));
    cross.add(new Area(rectangle(arm, 1)));
    return cross;
  }
}
