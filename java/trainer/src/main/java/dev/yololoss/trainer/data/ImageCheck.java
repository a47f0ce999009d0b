package dev.yololoss.trainer.data;

/** How closely image files are looked at while labels are read. */
enum ImageCheck {
  /** Reads the size from the header: fast enough to do before every run. */
  HEADER {
    @Override
    ImageFile.Size size(ImageFile image) {
      return image.size();
    }
  },
  /** Decodes every pixel, so that a damaged file is found. */
  DECODE {
    @Override
    ImageFile.Size size(ImageFile image) {
      RgbImage pixels = image.decode();
      return new ImageFile.Size(pixels.width(), pixels.height());
    }
  };

  /**
   * @throws DataException if the image cannot be read
   */
  abstract ImageFile.Size size(ImageFile image);
}
