package dev.yololoss.trainer.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.IOException;

/** Turns any picture ImageIO decodes into plain red, green and blue bytes; alpha is dropped. */
final class RgbConversion {
  private RgbConversion() {}

  /**
   * @throws IOException if the colours are CMYK
   */
  static RgbImage of(BufferedImage picture) throws IOException {
    // Without the profile of its printer a CMYK picture can only be guessed at.
    if (picture.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_CMYK) {
      throw new IOException("its colours are CMYK; convert it to RGB");
    }
    if (picture.getColorModel() instanceof ComponentColorModel model) {
      // Stored values, not BufferedImage.getRGB: that one takes grey as linear light and would
      // brighten every grey photo.
      if (model.getColorSpace().getType() == ColorSpace.TYPE_GRAY) {
        return grey(picture.getRaster());
      }
      if (model.getTransferType() == DataBuffer.TYPE_BYTE && model.getNumColorComponents() == 3) {
        return bytes(picture.getRaster());
      }
    }
    return converted(picture);
  }

  private static RgbImage grey(Raster raster) {
    int width = raster.getWidth();
    int shift = Math.max(0, raster.getSampleModel().getSampleSize(0) - 8);
    int[] row = new int[width];
    RgbImage image = RgbImage.black(width, raster.getHeight());
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getSamples(0, y, width, 1, 0, row);
      for (int x = 0; x < width; x++) {
        byte value = (byte) (row[x] >> shift);
        image.pixels()[at++] = value;
        image.pixels()[at++] = value;
        image.pixels()[at++] = value;
      }
    }
    return image;
  }

  private static RgbImage bytes(Raster raster) {
    int width = raster.getWidth();
    int bands = raster.getNumBands();
    int[] row = new int[width * bands];
    RgbImage image = RgbImage.black(width, raster.getHeight());
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        image.pixels()[at++] = (byte) row[x * bands];
        image.pixels()[at++] = (byte) row[x * bands + 1];
        image.pixels()[at++] = (byte) row[x * bands + 2];
      }
    }
    return image;
  }

  private static RgbImage converted(BufferedImage picture) {
    int width = picture.getWidth();
    int[] row = new int[width];
    RgbImage image = RgbImage.black(width, picture.getHeight());
    int at = 0;
    for (int y = 0; y < picture.getHeight(); y++) {
      picture.getRGB(0, y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++) {
        image.pixels()[at++] = (byte) (row[x] >> 16);
        image.pixels()[at++] = (byte) (row[x] >> 8);
        image.pixels()[at++] = (byte) row[x];
      }
    }
    return image;
  }
}
