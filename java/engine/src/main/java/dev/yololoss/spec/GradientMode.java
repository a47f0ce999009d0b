package dev.yololoss.spec;

/** Which gradient a loss hands back. */
public enum GradientMode {
  /**
   * The derivative of the loss with everything detached held fixed: what automatic differentiation
   * gives.
   */
  EXACT,
  /**
   * darknet's deltas with the opposite sign: for boxes, no derivative of the sigmoid, of the
   * anchors or of the grid.
   */
  DARKNET
}
