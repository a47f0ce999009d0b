package dev.yololoss.reference;

/**
 * Intersection over union, the measure of every decision: I / U with no eps.
 *
 * <p>Boxes that do not overlap, empty boxes and boxes with a NaN or an area that overflows have IoU
 * 0. Decisions compare the quotient itself: at exact ties I &gt; t U would decide otherwise.
 */
final class PlainIou {
  private PlainIou() {}

  static double of(Box a, Box b) {
    double width = Math.min(a.right(), b.right()) - Math.max(a.left(), b.left());
    double height = Math.min(a.bottom(), b.bottom()) - Math.max(a.top(), b.top());
    if (!(width > 0 && height > 0)) {
      return 0;
    }
    double intersection = width * height;
    double union = a.width() * a.height() + b.width() * b.height() - intersection;
    double iou = intersection / union;
    return iou > 0 ? iou : 0;
  }
}
