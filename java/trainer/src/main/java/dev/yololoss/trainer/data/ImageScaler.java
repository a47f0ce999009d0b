package dev.yololoss.trainer.data;

import java.util.Arrays;

/**
 * Scales images and writes them the way the network reads them. Not safe for use by two threads.
 */
public final class ImageScaler {
  /** The grey around a letterboxed image, of 255. */
  public static final int PADDING = 114;

  /** [3, source height, target width] between the two passes, kept to spare the collector. */
  private float[] rows = new float[0];

  /** One row of a target channel. */
  private float[] line = new float[0];

  /**
   * Scales an image to the given size: interpolated when enlarged, averaged when shrunk.
   *
   * @param width at least 1 pixel
   * @param height at least 1 pixel
   */
  public RgbImage resize(RgbImage image, int width, int height) {
    if (width == image.width() && height == image.height()) {
      return image;
    }
    var across = new AxisWeights(image.width(), width, 0, width, Mirror.NONE);
    var down = new AxisWeights(image.height(), height, 0, height, Mirror.NONE);
    RgbImage scaled = RgbImage.black(width, height);
    scaleRows(image, across, width);
    prepareLine(width);
    for (int channel = 0; channel < 3; channel++) {
      for (int y = 0; y < height; y++) {
        blendRows(image.height(), width, channel, down, y, across);
        for (int x = 0; x < width; x++) {
          scaled.pixels()[3 * (y * width + x) + channel] = (byte) (line[x] + 0.5f);
        }
      }
    }
    return scaled;
  }

  /**
   * Writes an image as network input: letterboxed, RGB planes of floats in 0..1. Bit for bit what
   * {@link BatchLoader} delivers for evaluation.
   *
   * @param size side of the square, in pixels
   * @param pixels receives [3, size, size] from {@code offset} on
   * @return how boxes map back to the image
   */
  public Letterbox letterbox(RgbImage image, int size, float[] pixels, int offset) {
    var letterbox = new Letterbox(image.width(), image.height(), size);
    RgbImage scaled = resize(image, letterbox.scaledWidth(), letterbox.scaledHeight());
    paint(scaled, letterbox.placement(), ColourChange.NONE, pixels, offset);
    return letterbox;
  }

  /**
   * Paints an image onto a grey square.
   *
   * @param pixels receives [3, size, size] in 0..1 from {@code offset} on
   */
  void paint(RgbImage image, Placement place, ColourChange colour, float[] pixels, int offset) {
    int size = place.size();
    int plane = size * size;
    Arrays.fill(pixels, offset, offset + 3 * plane, PADDING / 255f);
    var across = new AxisWeights(image.width(), size, place.left(), place.width(), place.mirror());
    var down = new AxisWeights(image.height(), size, place.top(), place.height(), Mirror.NONE);
    int count = across.to() - across.from();
    scaleRows(image, across, size);
    prepareLine(size);
    for (int y = down.from(); y < down.to(); y++) {
      int red = offset + y * size + across.from();
      for (int channel = 0; channel < 3; channel++) {
        blendRows(image.height(), size, channel, down, y, across);
        int at = red + channel * plane;
        for (int x = 0; x < count; x++) {
          pixels[at + x] = line[across.from() + x] / 255f;
        }
      }
      if (!colour.equals(ColourChange.NONE)) {
        colour.apply(pixels, red, red + plane, red + 2 * plane, count);
      }
    }
  }

  /** First pass: every source row to the target width. */
  private void scaleRows(RgbImage image, AxisWeights across, int width) {
    int height = image.height();
    if (rows.length < 3 * height * width) {
      rows = new float[3 * height * width];
    }
    byte[] source = image.pixels();
    int taps = Math.min(across.taps(), image.width());
    for (int y = 0; y < height; y++) {
      int sourceRow = 3 * y * image.width();
      for (int x = across.from(); x < across.to(); x++) {
        int at = sourceRow + 3 * across.first(x);
        float red = 0;
        float green = 0;
        float blue = 0;
        for (int tap = 0; tap < taps; tap++, at += 3) {
          float weight = across.weight(x, tap);
          red += weight * (source[at] & 0xff);
          green += weight * (source[at + 1] & 0xff);
          blue += weight * (source[at + 2] & 0xff);
        }
        rows[y * width + x] = red;
        rows[(height + y) * width + x] = green;
        rows[(2 * height + y) * width + x] = blue;
      }
    }
  }

  private void prepareLine(int width) {
    if (line.length < width) {
      line = new float[width];
    }
  }

  /** Second pass: one target row of one channel into {@link #line}. */
  private void blendRows(
      int sourceHeight, int width, int channel, AxisWeights down, int y, AxisWeights across) {
    Arrays.fill(line, across.from(), across.to(), 0);
    int taps = Math.min(down.taps(), sourceHeight);
    for (int tap = 0; tap < taps; tap++) {
      float weight = down.weight(y, tap);
      if (weight == 0) {
        continue;
      }
      int row = (channel * sourceHeight + down.first(y) + tap) * width;
      for (int x = across.from(); x < across.to(); x++) {
        line[x] += weight * rows[row + x];
      }
    }
  }
}
