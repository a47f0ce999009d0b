package dev.yololoss.trainer.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What one label file, or the part of it about one image, states.
 *
 * @param statedSize of the image, where the file gives it
 * @param fault why nothing of the file can be used, if so
 */
record LabelFile(
    Path path,
    List<StatedObject> objects,
    Optional<StatedSize> statedSize,
    Optional<BadLabelException> fault) {

  /** The line and the size found there. */
  record StatedSize(int line, ImageFile.Size size) {}
}
