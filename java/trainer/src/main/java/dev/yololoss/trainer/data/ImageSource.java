package dev.yololoss.trainer.data;

/** Where the pixels of an image come from: a file, or a drawing made on demand. */
public interface ImageSource {
  /**
   * The whole image; each call decodes or draws it again and gives the same pixels.
   *
   * @throws DataException if the image cannot be decoded; the message names the file
   */
  RgbImage decode();
}
