package dev.yololoss.spec;

/**
 * Who is responsible for a target.
 *
 * @param rule the rule
 * @param ratioLimit the limit of {@link Rule#SHAPE_RATIO} and {@link
 *     Rule#SHAPE_RATIO_WITH_NEIGHBOURS}, greater than 0
 * @param extraIou {@link Rule#BEST_SHAPE} of darknet: every other anchor of the head whose shape
 *     overlap is greater than this is responsible too; 1 switches it off ({@code iou_thresh})
 * @param extraOverlap the overlap that is compared with {@code extraIou} ({@code iou_thresh_kind})
 */
public record Assignment(Rule rule, double ratioLimit, double extraIou, Overlap extraOverlap) {
  /** The rules. */
  public enum Rule {
    /**
     * Per head: the anchor of the pool, centred in the target's cell, with the largest IoU with the
     * target at its place; responsible if it is the head's (YOLOv2 and YOLOv3 of zjykzj).
     */
    BEST_ANCHOR_IN_CELL,
    /**
     * The anchor of the pool with the largest IoU of shapes; responsible if it is the head's
     * (YOLOv3, darknet).
     */
    BEST_SHAPE,
    /**
     * Per head: the anchor with the smallest {@code |w/aw - 1| + |h/ah - 1|}, if that is below the
     * limit (compute_loss).
     */
    SHAPE_RATIO,
    /**
     * Over all heads and anchors: the predicted box of the target's cell with the largest IoU
     * (compute_loss2).
     */
    BEST_PREDICTION,
    /**
     * Per head: every anchor with {@code max(w/aw, aw/w, h/ah, ah/h)} below the limit, in the
     * target's cell and up to two of its neighbours (ultralytics/yolov5).
     */
    SHAPE_RATIO_WITH_NEIGHBOURS
  }

  public Assignment {
    Require.present("assignment.rule", rule);
    Require.finiteAtLeast("assignment.ratioLimit", ratioLimit, 0);
    Require.within("assignment.extraIou", extraIou, 0, 1);
    Require.present("assignment.extraOverlap", extraOverlap);
  }
}
