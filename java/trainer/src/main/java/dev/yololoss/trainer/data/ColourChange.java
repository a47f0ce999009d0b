package dev.yololoss.trainer.data;

/**
 * A change of light and colour; 1 leaves as it is.
 *
 * @param brightness factor on every channel
 * @param contrast factor on the distance from middle grey
 * @param saturation factor on the distance from the grey of the same luminance
 */
record ColourChange(float brightness, float contrast, float saturation) {
  static final ColourChange NONE = new ColourChange(1, 1, 1);

  /** Changes a run of pixels, given as planes of 0..1, in place. */
  void apply(float[] pixels, int red, int green, int blue, int count) {
    float gain = brightness * contrast;
    float lift = 0.5f * (1 - contrast);
    for (int i = 0; i < count; i++) {
      float r = pixels[red + i];
      float g = pixels[green + i];
      float b = pixels[blue + i];
      float grey = (1 - saturation) * (0.299f * r + 0.587f * g + 0.114f * b);
      pixels[red + i] = limited((grey + saturation * r) * gain + lift);
      pixels[green + i] = limited((grey + saturation * g) * gain + lift);
      pixels[blue + i] = limited((grey + saturation * b) * gain + lift);
    }
  }

  private static float limited(float value) {
    return Math.min(1, Math.max(0, value));
  }
}
