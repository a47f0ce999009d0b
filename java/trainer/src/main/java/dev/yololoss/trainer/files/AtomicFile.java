package dev.yololoss.trainer.files;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Files that are seen whole or not at all, after a power cut too. */
public final class AtomicFile {
  private AtomicFile() {}

  /** What is to be in a file. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes all of it, in as many pieces as it likes.
     *
     * @param channel stays its owner's
     * @throws IOException if the channel does
     */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /**
   * Writes beside the target and moves the result over it, so that a reader sees the old file or
   * the new one.
   *
   * @return the target
   * @throws IOException if that failed; the target is then as it was, and nothing is left beside it
   */
  public static Path write(Path target, byte[] content) throws IOException {
    return write(target, Disk.OF_THE_MACHINE, channel -> drain(ByteBuffer.wrap(content), channel));
  }

  /** UTF-8. */
  public static Path write(Path target, String content) throws IOException {
    return write(target, content.getBytes(StandardCharsets.UTF_8));
  }

  /** Likewise, in pieces and to a disk of the caller's choice. */
  public static Path write(Path target, Disk disk, Content content) throws IOException {
    // Not a temporary file of the platform: those are readable by their owner only.
    Path partial = target.resolveSibling("." + target.getFileName() + ".partial");
    try {
      try (Disk.OpenFile file = disk.create(partial)) {
        content.writeTo(file);
        // Before the name: or a power cut could leave the new name with no content.
        file.force();
      }
      Files.move(
          partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      force(target.toAbsolutePath().getParent());
      return target;
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /** Writes all of the buffer. */
  public static void drain(ByteBuffer buffer, WritableByteChannel channel) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /**
   * An image as a PNG, whole or not at all.
   *
   * @return the target
   * @throws IOException if that failed; the target is then as it was
   */
  public static Path writePng(Path target, BufferedImage image) throws IOException {
    return write(target, png(image));
  }

  /** The image as a PNG. */
  public static byte[] png(BufferedImage image) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // Not ImageIO's own stream: it keeps a file to be removed at shutdown, and so cannot be made
    // once a shutdown has begun, which is when an interrupted run draws.
    try (ImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(image, "png", stream)) {
        throw new IOException("this Java cannot write PNG");
      }
    }
    return bytes.toByteArray();
  }

  private static void force(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
