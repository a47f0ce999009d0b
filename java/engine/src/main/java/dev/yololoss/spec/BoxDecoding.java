package dev.yololoss.spec;

/**
 * How four raw outputs (x, y, w, h) become a box. s is the sigmoid, (i, j) the column and row of
 * the cell, (aw, ah) the anchor.
 */
public enum BoxDecoding {
  /** {@code (s(x) + i, s(y) + j, aw e^w, ah e^h)} in cells (YOLOv2, Redmon and Farhadi 2016). */
  SIGMOID_EXP,
  /**
   * The same with width and height at most the longer side of the grid (the YOLOv3-from-scratch
   * series, part 6).
   */
  SIGMOID_EXP_LIMITED,
  /**
   * {@code (2 s(x) - 0.5 + i, 2 s(y) - 0.5 + j, aw (2 s(w))^2, ah (2 s(h))^2)} in cells
   * (ultralytics/yolov5).
   */
  YOLOV5,
  /**
   * {@link #SIGMOID_EXP} with {@link Head#scaleXY()}, in fractions of the image (AlexeyAB/darknet).
   */
  DARKNET,
  /**
   * darknet's {@code new_coords}: inputs that are probabilities already; {@code (2 w)^2 aw, (2 h)^2
   * ah}, in fractions of the image.
   */
  DARKNET_NEW_COORDS;

  /** Whether boxes are measured in fractions of the image instead of cells. */
  public boolean inImageUnits() {
    return this == DARKNET || this == DARKNET_NEW_COORDS;
  }
}
