package dev.yololoss.trainer.data;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;

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

  /**
   * A copy of the pixels of a picture.
   *
   * @param raster three bands of bytes: red, green, blue
   */
  static RgbImage of(Raster raster) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    return new RgbImage(width, height, (byte[]) raster.getDataElements(0, 0, width, height, null));
  }

  /** The same pixels as a picture to draw on or to save. */
  public BufferedImage toBufferedImage() {
    var picture = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    picture.getRaster().setDataElements(0, 0, width, height, pixels);
    return picture;
  }
}
