package dev.yololoss.trainer.data;

import java.awt.image.BufferedImage;

/**
 * Pixels in memory.
 *
 * @param width at least 1 pixel
 * @param height at least 1 pixel
 * @param pixels [height, width, 3]: red, green, blue, each an unsigned byte; not copied
 */
public record RgbImage(int width, int height, byte[] pixels) {
  /**
   * @throws IllegalArgumentException if a side is below 1 or the array has another length than the
   *     sides ask for
   */
  public RgbImage {
    if (width < 1 || height < 1 || pixels.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "%d x %d image with %d bytes; sides must be at least 1, bytes 3 a pixel"
              .formatted(width, height, pixels.length));
    }
  }

  /** A black image. */
  static RgbImage black(int width, int height) {
    return new RgbImage(width, height, new byte[Math.multiplyExact(3, width * height)]);
  }

  /** The same pixels as a picture to draw on or to save. */
  public BufferedImage toBufferedImage() {
    var picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = 3 * (y * width + x);
        int red = pixels[at] & 0xff;
        int green = pixels[at + 1] & 0xff;
        int blue = pixels[at + 2] & 0xff;
        picture.setRGB(x, y, red << 16 | green << 8 | blue);
      }
    }
    return picture;
  }
}
