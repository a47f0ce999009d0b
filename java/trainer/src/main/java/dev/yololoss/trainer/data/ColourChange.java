package dev.yololoss.trainer.data;

/**
 * A change of light and colour; 1 leaves as it is, to the last bit.
 *
 * @param brightness factor on every channel
 * @param contrast factor on the distance from middle grey
 * @param saturation factor on the distance from the grey of the same luminance
 */
record ColourChange(float brightness, float contrast, float saturation) {
  static final ColourChange NONE = new ColourChange(1, 1, 1);

  /** Changes a pixel in place: its red, green and blue, 0..1, at the given indices. */
  void apply(float[] pixels, int red, int green, int blue) {
    float gain = brightness * contrast;
    float lift = 0.5f * (1 - contrast);
    float r = pixels[red];
    float g = pixels[green];
    float b = pixels[blue];
    float grey = (1 - saturation) * (0.299f * r + 0.587f * g + 0.114f * b);
    pixels[red] = Math.clamp((grey + saturation * r) * gain + lift, 0f, 1f);
    pixels[green] = Math.clamp((grey + saturation * g) * gain + lift, 0f, 1f);
    pixels[blue] = Math.clamp((grey + saturation * b) * gain + lift, 0f, 1f);
  }
}
