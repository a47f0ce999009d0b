package dev.yololoss.reference;

import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.LossSpec;

/**
 * darknet's box delta for one target ({@code delta_yolo_box}, commit 59596d7): for squared errors
 * the difference in x, y and log sizes with the factor {@code 2 - w h}; for overlaps {@link
 * DarknetOverlap#direction}, with {@code e^w} and {@code e^h} for the sizes. No derivative of the
 * sigmoid, no anchors, no grid.
 */
final class DarknetBoxRule {
  private DarknetBoxRule() {}

  /** The delta, {@code iou_normalizer} included, not yet clipped; what is not finite is 0. */
  static double[] delta(LossSpec spec, HeadValues head, int slot, Box truth) {
    BoxTerm term = spec.box();
    DecodeBox decoded = DecodeBox.of(spec.decoding(), head, slot);
    return term.kind() == BoxTerm.Kind.SQUARED_ERROR_DARKNET
        ? squaredError(spec, head, slot, decoded, truth)
        : overlap(spec, head, slot, decoded, truth);
  }

  /** What x, y (in cells) and the raw w, h should be. */
  static double[] asked(Grid grid, int slot, Box truth) {
    Box anchor = grid.shape(grid.anchorOf(slot));
    return new double[] {
      truth.x() * grid.width() - grid.columnOf(slot),
      truth.y() * grid.height() - grid.rowOf(slot),
      Math.log(truth.width() / anchor.width()),
      Math.log(truth.height() / anchor.height())
    };
  }

  private static double[] squaredError(
      LossSpec spec, HeadValues head, int slot, DecodeBox decoded, Box truth) {
    double[] asked = asked(head.grid(), slot, truth);
    if (spec.decoding() == BoxDecoding.DARKNET_NEW_COORDS) {
      Box anchor = head.grid().shape(head.grid().anchorOf(slot));
      asked[2] = Math.sqrt(truth.width() / (4 * anchor.width()));
      asked[3] = Math.sqrt(truth.height() / (4 * anchor.height()));
    }
    double factor = (2 - truth.width() * truth.height()) * spec.box().weight();
    return new double[] {
      factor * (asked[0] - decoded.offset().x()),
      factor * (asked[1] - decoded.offset().y()),
      factor * (asked[2] - head.read(slot, 2)),
      factor * (asked[3] - head.read(slot, 3))
    };
  }

  private static double[] overlap(
      LossSpec spec, HeadValues head, int slot, DecodeBox decoded, Box truth) {
    Box p = decoded.box();
    Box predicted =
        new Box(p.x(), p.y(), p.width() == 0 ? 1 : p.width(), p.height() == 0 ? 1 : p.height());
    double[] delta = DarknetOverlap.direction(spec.box().kind().overlap(), predicted, truth);
    if (spec.decoding() == BoxDecoding.DARKNET) {
      delta[2] *= Math.exp(head.read(slot, 2));
      delta[3] *= Math.exp(head.read(slot, 3));
    }
    for (int i = 0; i < 4; i++) {
      delta[i] *= spec.box().weight();
      delta[i] = Double.isFinite(delta[i]) ? delta[i] : 0;
    }
    return delta;
  }
}
