package dev.yololoss.reference;

import dev.yololoss.spec.Overlap;

/**
 * Overlaps of ultralytics/yolov5 (v7.0 {@code utils/metrics.py bbox_iou}, commit 915bbf2; v5.0
 * {@code utils/general.py}, commit f5b8f7d) with the derivative that torch's autograd gives.
 *
 * <pre>
 * I = max(0, iw) max(0, ih),  U = w1 h1 + w2 h2 - I + eps,  IoU = I / U
 * GIoU = IoU - (Cw Ch + eps - U) / (Cw Ch + eps)
 * DIoU = IoU - rho2 / c2,  c2 = Cw^2 + Ch^2 + eps
 * CIoU = DIoU - v alpha,  v = 4/pi^2 (atan(w2/h2) - atan(w1/h1))^2,  alpha = v / (v - IoU + 1 + eps), a constant
 * </pre>
 *
 * <p>Sub-gradients: the winner of max and min takes all, half to each side at a tie; a clamp passes
 * at its bounds.
 */
final class Yolov5Overlap {
  /** What v7.0 adds to unions and diagonals. */
  static final double EPS = 1e-7;

  private static final double ASPECT = 4 / (Math.PI * Math.PI);

  /**
   * Along one axis: the overlap and the enclosing length, each with the derivative by the first
   * box's centre and side.
   */
  private record Axis(
      double inner,
      double innerByCentre,
      double innerBySide,
      double outer,
      double outerByCentre,
      double outerBySide) {
    static Axis of(double centre, double side, double otherCentre, double otherSide) {
      double low = centre - side / 2;
      double high = centre + side / 2;
      double otherLow = otherCentre - otherSide / 2;
      double otherHigh = otherCentre + otherSide / 2;
      double raw = Math.min(high, otherHigh) - Math.max(low, otherLow);
      double passes = raw >= 0 ? 1 : 0;
      double innerByHigh = passes * winner(high, otherHigh);
      double innerByLow = -passes * winner(otherLow, low);
      double outerByHigh = winner(otherHigh, high);
      double outerByLow = -winner(low, otherLow);
      return new Axis(
          Math.max(raw, 0),
          innerByLow + innerByHigh,
          (innerByHigh - innerByLow) / 2,
          Math.max(high, otherHigh) - Math.min(low, otherLow),
          outerByLow + outerByHigh,
          (outerByHigh - outerByLow) / 2);
    }

    /** The derivative of min(p, q) by p. */
    private static double winner(double p, double q) {
      return p < q ? 1 : p == q ? 0.5 : 0;
    }
  }

  private Yolov5Overlap() {}

  /**
   * The overlap.
   *
   * @param eps added to the union, the enclosing area and the squared diagonal: {@link #EPS}, or 0
   *     for a plain IoU
   * @param heightEps added to both heights: {@link #EPS} in v5.0, 0 in v7.0
   */
  static OverlapValue of(Overlap kind, Box a, Box b, double eps, double heightEps) {
    return of(kind, a, b, eps, heightEps, Double.NaN);
  }

  /** The same with CIoU's alpha fixed from outside. */
  static OverlapValue of(
      Overlap kind, Box a, Box b, double eps, double heightEps, double frozenAlpha) {
    Axis x = Axis.of(a.x(), a.width(), b.x(), b.width());
    Axis y = Axis.of(a.y(), a.height(), b.y(), b.height());
    double height = a.height() + heightEps;
    double otherHeight = b.height() + heightEps;
    double intersection = x.inner * y.inner;
    double union = a.width() * height + b.width() * otherHeight - intersection + eps;
    double iou = intersection / union;
    double[] dIntersection = {
      y.inner * x.innerByCentre,
      x.inner * y.innerByCentre,
      y.inner * x.innerBySide,
      x.inner * y.innerBySide
    };
    double[] dUnion = {
      -dIntersection[0], -dIntersection[1], height - dIntersection[2], a.width() - dIntersection[3]
    };
    double[] slope = new double[4];
    for (int i = 0; i < 4; i++) {
      slope[i] = (dIntersection[i] * union - intersection * dUnion[i]) / (union * union);
    }
    return switch (kind) {
      case IOU -> new OverlapValue(iou, slope);
      case GIOU -> {
        double area = x.outer * y.outer + eps;
        double[] dArea = {
          y.outer * x.outerByCentre,
          x.outer * y.outerByCentre,
          y.outer * x.outerBySide,
          x.outer * y.outerBySide
        };
        for (int i = 0; i < 4; i++) {
          slope[i] += (dUnion[i] * area - union * dArea[i]) / (area * area);
        }
        yield new OverlapValue(iou - (area - union) / area, slope);
      }
      case DIOU, CIOU -> {
        double diagonal = x.outer * x.outer + y.outer * y.outer + eps;
        double dx = a.x() - b.x();
        double dy = a.y() - b.y();
        double distance = dx * dx + dy * dy;
        double[] dDiagonal = {
          2 * x.outer * x.outerByCentre,
          2 * y.outer * y.outerByCentre,
          2 * x.outer * x.outerBySide,
          2 * y.outer * y.outerBySide
        };
        double[] dDistance = {2 * dx, 2 * dy, 0, 0};
        for (int i = 0; i < 4; i++) {
          slope[i] -= dDistance[i] / diagonal - distance * dDiagonal[i] / (diagonal * diagonal);
        }
        double diou = iou - distance / diagonal;
        yield kind == Overlap.DIOU
            ? new OverlapValue(diou, slope)
            : withAspect(
                diou, iou, slope, a.width(), height, b.width(), otherHeight, eps, frozenAlpha);
      }
    };
  }

  /** CIoU's alpha, which has no gradient. */
  static double alpha(Box a, Box b, double heightEps) {
    double iou = of(Overlap.IOU, a, b, EPS, heightEps).value();
    double v =
        aspectTerm(
            aspectDifference(a.width(), a.height() + heightEps, b.width(), b.height() + heightEps));
    return alpha(v, iou, EPS);
  }

  /** Boxes of one shape have no aspect term; without eps, identical ones would divide 0 by 0. */
  private static double alpha(double v, double iou, double eps) {
    return v == 0 ? 0 : v / (v - iou + 1 + eps);
  }

  private static OverlapValue withAspect(
      double diou,
      double iou,
      double[] slope,
      double w,
      double h,
      double otherW,
      double otherH,
      double eps,
      double frozenAlpha) {
    double difference = aspectDifference(w, h, otherW, otherH);
    double v = aspectTerm(difference);
    double alpha = Double.isNaN(frozenAlpha) ? alpha(v, iou, eps) : frozenAlpha;
    // h / (w^2 + h^2), scaled by the longer side so that nothing under- or overflows; without a
    // height the original divides 0 by 0
    double longer = Math.max(w, h);
    double ratioW = w / longer;
    double ratioH = h / longer;
    double norm = (ratioW * ratioW + ratioH * ratioH) * longer;
    double perW = h == 0 ? Double.NaN : ratioH / norm;
    double perH = h == 0 ? Double.NaN : ratioW / norm;
    slope[2] -= alpha * -2 * ASPECT * difference * perW;
    slope[3] -= alpha * 2 * ASPECT * difference * perH;
    return new OverlapValue(diou - v * alpha, slope);
  }

  private static double aspectDifference(double w, double h, double otherW, double otherH) {
    return Math.atan(otherW / otherH) - Math.atan(w / h);
  }

  private static double aspectTerm(double difference) {
    return ASPECT * difference * difference;
  }
}
