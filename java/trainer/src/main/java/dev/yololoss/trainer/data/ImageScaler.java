package dev.yololoss.trainer.data;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;

/** Scales images and writes them the way the network reads them. */
public final class ImageScaler {
  /** The grey around a letterboxed image, of 255. */
  public static final int PADDING = 114;

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
    BufferedImage scaled = resize(image, letterbox.scaledWidth(), letterbox.scaledHeight());
    paint(scaled, letterbox.placement(), ColourChange.NONE, pixels, offset);
    return letterbox;
  }

  /**
   * Scales an image to the given size: interpolated when enlarged, averaged when shrunk.
   *
   * @param width at least 1 pixel
   * @param height at least 1 pixel
   */
  BufferedImage resize(RgbImage image, int width, int height) {
    BufferedImage scaled = image.toBufferedImage();
    // By halves: each step looks at four pixels only, and a longer one would pass over the others.
    while (scaled.getWidth() != width || scaled.getHeight() != height) {
      scaled =
          drawn(
              scaled,
              Math.max(width, Math.ceilDiv(scaled.getWidth(), 2)),
              Math.max(height, Math.ceilDiv(scaled.getHeight(), 2)));
    }
    return scaled;
  }

  private static BufferedImage drawn(BufferedImage image, int width, int height) {
    var scaled = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    Graphics2D graphics = Drawing.on(scaled);
    graphics.drawImage(image, 0, 0, width, height, null);
    graphics.dispose();
    return scaled;
  }

  /**
   * Paints an image onto a grey square.
   *
   * @param pixels receives [3, size, size] in 0..1 from {@code offset} on
   */
  void paint(
      BufferedImage image, Placement place, ColourChange colour, float[] pixels, int offset) {
    int size = place.size();
    // What stays transparent is padding, which keeps its grey whatever the colour change.
    var square = new BufferedImage(size, size, BufferedImage.TYPE_INT_ARGB);
    Graphics2D graphics = Drawing.on(square);
    graphics.drawImage(image, place.ofPicture(image.getWidth(), image.getHeight()), null);
    graphics.dispose();
    int plane = size * size;
    int[] argb = (int[]) square.getRaster().getDataElements(0, 0, size, size, null);
    for (int i = 0; i < plane; i++) {
      int red = offset + i;
      int green = red + plane;
      int blue = green + plane;
      if (argb[i] == 0) {
        pixels[red] = pixels[green] = pixels[blue] = PADDING / 255f;
      } else {
        pixels[red] = (argb[i] >> 16 & 0xff) / 255f;
        pixels[green] = (argb[i] >> 8 & 0xff) / 255f;
        pixels[blue] = (argb[i] & 0xff) / 255f;
        colour.apply(pixels, red, green, blue);
      }
    }
  }
}
