package dev.yololoss.spec;

/**
 * What a match pays for its box.
 *
 * @param kind the formula
 * @param convention whose overlap the {@code ONE_MINUS_} kinds and {@link
 *     ObjectnessTerm.Target#MATCH_IOU} take
 * @param weight its factor (gain, scale or normalizer of the original), at least 0
 * @param maxDelta darknet's {@code max_delta}: bound of a box delta; infinite when unset
 * @param gradient whether the gradient is the derivative or darknet's deltas
 */
public record BoxTerm(
    Kind kind,
    OverlapConvention convention,
    double weight,
    double maxDelta,
    GradientMode gradient) {
  /** The formulas. {@code o} raw outputs, {@code t} the target's value in the space named. */
  public enum Kind {
    /** Squared errors of s(x), s(y), e^w, e^h (YOLOv2). */
    SQUARED_ERROR_EXP,
    /** (2 - area) (BCE of x, y + half the squared errors of e^w, e^h) (YOLOv3Loss of zjykzj). */
    BCE_AND_SQUARED_ERROR_EXP,
    /**
     * (2 - area) (BCE of x, y + half the squared errors of w, h against log(w/aw + 1e-16))
     * (YOLOv3LossV2, DeNA).
     */
    BCE_AND_SQUARED_ERROR_LOG,
    /**
     * Squared errors of the decoded box relative to its cell, w and h a tenth (the
     * YOLOv3-from-scratch series).
     */
    SQUARED_ERROR_CELL,
    /**
     * {@link #SQUARED_ERROR_CELL} and {@link #ONE_MINUS_IOU} together (the same with objectness
     * target IoU).
     */
    SQUARED_ERROR_CELL_AND_IOU,
    /** (2 - w h) squared errors of darknet's x, y and w, h against log(w/aw) (darknet). */
    SQUARED_ERROR_DARKNET,
    /** 1 - IoU. */
    ONE_MINUS_IOU,
    /** 1 - GIoU. */
    ONE_MINUS_GIOU,
    /** 1 - DIoU. */
    ONE_MINUS_DIOU,
    /** 1 - CIoU. */
    ONE_MINUS_CIOU;

    /**
     * The overlap that boxes are compared by: of the {@code ONE_MINUS_} kinds their own, else plain
     * IoU.
     */
    public Overlap overlap() {
      return switch (this) {
        case ONE_MINUS_GIOU -> Overlap.GIOU;
        case ONE_MINUS_DIOU -> Overlap.DIOU;
        case ONE_MINUS_CIOU -> Overlap.CIOU;
        default -> Overlap.IOU;
      };
    }

    /** Whether the term compares boxes by an overlap alone. */
    public boolean isOverlap() {
      return this == ONE_MINUS_IOU
          || this == ONE_MINUS_GIOU
          || this == ONE_MINUS_DIOU
          || this == ONE_MINUS_CIOU;
    }
  }

  public BoxTerm {
    Require.present("box.kind", kind);
    Require.present("box.convention", convention);
    Require.finiteAtLeast("box.weight", weight, 0);
    if (!(maxDelta > 0)) {
      throw new SpecException("box.maxDelta is " + maxDelta + "; must be greater than 0");
    }
    Require.present("box.gradient", gradient);
  }
}
