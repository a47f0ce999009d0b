package dev.yololoss.trainer.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.RescaleOp;
import java.awt.image.WritableRaster;
import java.io.IOException;

/** Turns any picture ImageIO decodes into plain red, green and blue bytes; alpha is dropped. */
final class RgbConversion {
  private RgbConversion() {}

  /**
   * @throws IOException if the colours are CMYK
   */
  static RgbImage of(BufferedImage picture) throws IOException {
    ColorModel model = picture.getColorModel();
    int colours = model.getColorSpace().getType();
    // Without the profile of its printer a CMYK picture can only be guessed at.
    if (colours == ColorSpace.TYPE_CMYK) {
      throw new IOException("its colours are CMYK; convert it to RGB");
    }
    if (model instanceof ComponentColorModel) {
      // Stored values, not BufferedImage.getRGB: that one takes grey as linear light and would
      // brighten every grey photo.
      if (colours == ColorSpace.TYPE_GRAY) {
        return RgbImage.of(bands(bytes(bands(picture.getRaster(), 0)), 0, 0, 0));
      }
      if (model.getTransferType() == DataBuffer.TYPE_BYTE && model.getNumColorComponents() == 3) {
        return RgbImage.of(bands(picture.getRaster(), 0, 1, 2));
      }
    }
    return converted(picture);
  }

  private static Raster bands(Raster raster, int... bands) {
    return raster.createChild(
        raster.getMinX(), raster.getMinY(), raster.getWidth(), raster.getHeight(), 0, 0, bands);
  }

  /** The upper byte of deep grey. */
  private static Raster bytes(Raster grey) {
    if (grey.getTransferType() == DataBuffer.TYPE_BYTE) {
      return grey;
    }
    WritableRaster bytes =
        Raster.createInterleavedRaster(
            DataBuffer.TYPE_BYTE, grey.getWidth(), grey.getHeight(), 1, null);
    return new RescaleOp(1 / 256f, 0, null).filter(grey, bytes);
  }

  private static RgbImage converted(BufferedImage picture) {
    int width = picture.getWidth();
    int height = picture.getHeight();
    var rgb = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    rgb.setRGB(0, 0, width, height, picture.getRGB(0, 0, width, height, null, 0, width), 0, width);
    return RgbImage.of(rgb.getRaster());
  }
}
