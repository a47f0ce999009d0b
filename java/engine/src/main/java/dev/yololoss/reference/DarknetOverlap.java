package dev.yololoss.reference;

import dev.yololoss.spec.Overlap;

/**
 * Overlaps of AlexeyAB/darknet ({@code src/box.c}, commit 59596d7): the values, and the direction
 * that {@code dx_box_iou} gives, which is not their derivative.
 *
 * <p>What differs from the derivative: intersections are signed (positive when the boxes are apart
 * along both axes), ties give 0, sides are not halved, the distance part counts ends at half, and
 * the aspect part has no {@code 1 / (w^2 + h^2)}. When the boxes are apart GIoU is only its
 * enclosing part, DIoU and CIoU only their distance part.
 */
final class DarknetOverlap {
  private static final double ASPECT = 4 / (Math.PI * Math.PI);
  private static final double ALPHA_EPS = 0.000001;
  private static final double DISTANCE_EXPONENT = 0.6;

  private DarknetOverlap() {}

  /** The value of an overlap. */
  static double value(Overlap kind, Box a, Box b) {
    double iou = iou(a, b);
    double width = Math.max(a.right(), b.right()) - Math.min(a.left(), b.left());
    double height = Math.max(a.bottom(), b.bottom()) - Math.min(a.top(), b.top());
    double dx = a.x() - b.x();
    double dy = a.y() - b.y();
    double diagonal = width * width + height * height;
    return switch (kind) {
      case IOU -> iou;
      case GIOU -> {
        double area = width * height;
        yield area == 0 ? iou : iou - (area - union(a, b)) / area;
      }
      case DIOU ->
          diagonal == 0 ? iou : iou - Math.pow((dx * dx + dy * dy) / diagonal, DISTANCE_EXPONENT);
      case CIOU -> {
        if (diagonal == 0) {
          yield iou;
        }
        double v = aspectTerm(a, b);
        yield iou - ((dx * dx + dy * dy) / diagonal + v / (1 - iou + v + ALPHA_EPS) * v);
      }
    };
  }

  /**
   * The direction (dx, dy, dw, dh) in which darknet moves the predicted box.
   *
   * @param p the predicted box
   * @param t the target
   */
  static double[] direction(Overlap kind, Box p, Box t) {
    double area = (p.bottom() - p.top()) * (p.right() - p.left());
    double targetArea = (t.bottom() - t.top()) * (t.right() - t.left());
    double innerHeight = Math.min(p.bottom(), t.bottom()) - Math.max(p.top(), t.top());
    double innerWidth = Math.min(p.right(), t.right()) - Math.max(p.left(), t.left());
    double intersection = innerWidth * innerHeight;
    double union = area + targetArea - intersection;
    double outerWidth = Math.max(p.right(), t.right()) - Math.min(p.left(), t.left());
    double outerHeight = Math.max(p.bottom(), t.bottom()) - Math.min(p.top(), t.top());
    Ends dIntersection =
        new Ends(
            p.top() > t.top() ? -innerWidth : 0,
            p.bottom() < t.bottom() ? innerWidth : 0,
            p.left() > t.left() ? -innerHeight : 0,
            p.right() < t.right() ? innerHeight : 0);
    Ends dUnion =
        new Ends(
                -(p.right() - p.left()),
                p.right() - p.left(),
                -(p.bottom() - p.top()),
                p.bottom() - p.top())
            .minus(dIntersection);
    boolean apart = innerWidth <= 0 || innerHeight <= 0;

    Ends ends = Ends.NONE;
    if (union > 0) {
      ends =
          dIntersection.times(union).minus(dUnion.times(intersection)).times(1 / (union * union));
    }
    // a box that has lost a side moves as a whole
    ends =
        new Ends(
            p.top() < p.bottom() ? ends.top : ends.bottom,
            ends.bottom,
            p.left() < p.right() ? ends.left : ends.right,
            ends.right);
    if (kind == Overlap.GIOU) {
      ends = withEnclosingPart(ends, p, t, union, dUnion, outerWidth, outerHeight, apart);
    }
    double[] direction = {
      ends.left + ends.right, ends.top + ends.bottom, ends.right - ends.left, ends.bottom - ends.top
    };
    if (kind == Overlap.DIOU || kind == Overlap.CIOU) {
      return withDistancePart(
          direction, kind, p, t, intersection / union, outerWidth, outerHeight, apart);
    }
    return direction;
  }

  private record Ends(double top, double bottom, double left, double right) {
    static final Ends NONE = new Ends(0, 0, 0, 0);

    Ends plus(Ends o) {
      return new Ends(top + o.top, bottom + o.bottom, left + o.left, right + o.right);
    }

    Ends minus(Ends o) {
      return new Ends(top - o.top, bottom - o.bottom, left - o.left, right - o.right);
    }

    Ends times(double f) {
      return new Ends(f * top, f * bottom, f * left, f * right);
    }
  }

  private static Ends withEnclosingPart(
      Ends ends,
      Box p,
      Box t,
      double union,
      Ends dUnion,
      double outerWidth,
      double outerHeight,
      boolean apart) {
    double outer = outerWidth * outerHeight;
    Ends dOuter =
        new Ends(
            p.top() < t.top() ? -outerWidth : 0,
            p.bottom() > t.bottom() ? outerWidth : 0,
            p.left() < t.left() ? -outerHeight : 0,
            p.right() > t.right() ? outerHeight : 0);
    Ends enclosing = dUnion.times(outer).minus(dOuter.times(union)).times(1 / (outer * outer));
    if (apart) {
      return enclosing;
    }
    return outer > 0 ? ends.plus(enclosing) : ends;
  }

  private static double[] withDistancePart(
      double[] direction,
      Overlap kind,
      Box p,
      Box t,
      double iou,
      double outerWidth,
      double outerHeight,
      boolean apart) {
    double dx = t.x() - p.x();
    double dy = t.y() - p.y();
    double distance = dx * dx + dy * dy;
    double diagonal = outerWidth * outerWidth + outerHeight * outerHeight;
    double byRight = p.right() > t.right() ? 1 : 0;
    double byLeft = p.left() < t.left() ? 1 : 0;
    double byBottom = p.bottom() > t.bottom() ? 1 : 0;
    double byTop = p.top() < t.top() ? 1 : 0;
    double square = diagonal * diagonal;
    double[] e = {
      (2 * dx * diagonal - 2 * outerWidth * (byRight - byLeft) * distance) / square,
      (2 * dy * diagonal - 2 * outerHeight * (byBottom - byTop) * distance) / square,
      2 * outerWidth * (byRight + byLeft) / 2 * distance / square,
      2 * outerHeight * (byBottom + byTop) / 2 * distance / square
    };
    if (kind == Overlap.CIOU) {
      double difference = Math.atan(t.width() / t.height()) - Math.atan(p.width() / p.height());
      double v = ASPECT * difference * difference;
      double alpha = v / (1 - iou + v + ALPHA_EPS);
      e[2] += alpha * 2 * ASPECT * difference * p.height();
      e[3] -= alpha * 2 * ASPECT * difference * p.width();
    }
    if (apart) {
      return e;
    }
    if (diagonal > 0) {
      for (int i = 0; i < 4; i++) {
        e[i] += direction[i];
      }
      return e;
    }
    return direction;
  }

  private static double aspectTerm(Box a, Box b) {
    double difference = Math.atan(b.width() / b.height()) - Math.atan(a.width() / a.height());
    return ASPECT * difference * difference;
  }

  private static double iou(Box a, Box b) {
    double intersection = intersection(a, b);
    double union = union(a, b);
    return intersection == 0 || union == 0 ? 0 : intersection / union;
  }

  private static double intersection(Box a, Box b) {
    double width = Math.min(a.right(), b.right()) - Math.max(a.left(), b.left());
    double height = Math.min(a.bottom(), b.bottom()) - Math.max(a.top(), b.top());
    return width < 0 || height < 0 ? 0 : width * height;
  }

  private static double union(Box a, Box b) {
    return a.width() * a.height() + b.width() * b.height() - intersection(a, b);
  }
}
