package dev.yololoss.spec;

/**
 * A measure of how well two boxes agree. I intersection, U union, C the smallest box around both.
 *
 * <p>Two conventions exist for eps, exponents and derivatives: see {@link OverlapConvention}.
 */
public enum Overlap {
  /** I / U. */
  IOU,
  /** IoU - (|C| - U) / |C| (Rezatofighi et al. 2019). */
  GIOU,
  /** IoU - squared centre distance / squared diagonal of C (Zheng et al. 2020). */
  DIOU,
  /**
   * DIoU - alpha v, v the squared difference of the aspect angles times 4 / pi^2 (Zheng et al.
   * 2020).
   */
  CIOU
}
