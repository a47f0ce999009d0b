package dev.yololoss.trainer.evaluate;

/** The ten overlaps at which a detection may be asked to match: 0.50, 0.55, ... 0.95. */
final class IoUThresholds {
  static final int COUNT = 10;

  private IoUThresholds() {}

  /**
   * @param index 0 to 9
   */
  static double at(int index) {
    // One division gives the double nearest to the decimal, as does the IoU of whole-pixel boxes:
    // an overlap of exactly 0.60 then reaches the threshold 0.60, which adding 0.05s would miss.
    return (50 + 5 * index) / 100.0;
  }
}
