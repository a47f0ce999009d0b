package dev.yololoss.trainer.report;

import java.awt.Color;

/** The colour of a class: the same in every picture, and far from its neighbours'. */
final class CategoryColor {
  /** Turning the hue by the golden ratio never comes near an earlier hue for long. */
  private static final double GOLDEN_RATIO = 0.618_033_988_749_895;

  private static final double FIRST_HUE = 0.58;

  private CategoryColor() {}

  static Color of(int category) {
    float hue = (float) ((FIRST_HUE + category * GOLDEN_RATIO) % 1);
    return Color.getHSBColor(hue, 0.85f, 0.95f);
  }

  /** Black or white, whichever is easier to read on the colour. */
  static Color textOn(Color color) {
    double brightness = 0.299 * color.getRed() + 0.587 * color.getGreen() + 0.114 * color.getBlue();
    return brightness > 140 ? Color.BLACK : Color.WHITE;
  }
}
