package dev.yololoss.spec;

/** Whose overlap: the programs agree in the idea and differ in eps, exponents and derivatives. */
public enum OverlapConvention {
  /**
   * I / U and its kin with no eps at all, and the sub-gradients of {@link #YOLOV5} (the
   * YOLOv3-from-scratch series).
   */
  PLAIN,
  /**
   * ultralytics/yolov5 v7.0 {@code bbox_iou} (commit 915bbf2) under automatic differentiation: eps
   * 1e-7 in the union, in |C| and in the squared diagonal; alpha constant; half of the derivative
   * to each side at a tie.
   */
  YOLOV5,
  /**
   * The same of v5.0 (commit f5b8f7d): in addition both heights get eps 1e-7, in the areas and in
   * the aspect angle.
   */
  YOLOV5_0,
  /**
   * AlexeyAB/darknet {@code box_iou}, {@code box_giou}, {@code box_diou}, {@code box_ciou} and
   * {@code dx_box_iou} (commit 59596d7): no eps but 1e-6 in alpha; the DIoU value has the exponent
   * 0.6; signed overlaps and no derivative at ties; see the specification of the derivative at
   * {@code DarknetOverlap}.
   */
  DARKNET
}
