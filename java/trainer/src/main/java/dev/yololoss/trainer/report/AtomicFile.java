package dev.yololoss.trainer.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Files that are seen whole or not at all. */
final class AtomicFile {
  private AtomicFile() {}

  /**
   * Writes beside the target and moves the result over it, so that a reader sees the old file or
   * the new one.
   *
   * @return the target
   */
  static Path write(Path target, byte[] content) throws IOException {
    // Not a temporary file of the platform: those are readable by their owner only.
    Path partial = target.resolveSibling("." + target.getFileName() + ".partial");
    try {
      Files.write(partial, content);
      return Files.move(
          partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  static Path writePng(Path target, BufferedImage image) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // Not ImageIO's own stream: it keeps a file to be removed at shutdown, and so cannot be made
    // once a shutdown has begun, which is when an interrupted run draws.
    try (ImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(image, "png", stream)) {
        throw new IOException(target + ": this Java cannot write PNG");
      }
    }
    return write(target, bytes.toByteArray());
  }
}
