package dev.yololoss.trainer.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What files are written to: the machine's file system, or in a test one that is full. */
@FunctionalInterface
public interface Disk {
  /** The machine's own. */
  Disk OF_THE_MACHINE = RealFile::create;

  /** Makes a file, or empties the one that is there. */
  OpenFile create(Path file) throws IOException;

  /** A file being written. */
  interface OpenFile extends WritableByteChannel {
    /** Returns when what was written would survive a power cut. */
    void force() throws IOException;
  }

  /** A file of the machine. */
  record RealFile(FileChannel channel) implements OpenFile {
    static RealFile create(Path file) throws IOException {
      return new RealFile(
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE));
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      return channel.write(source);
    }

    @Override
    public void force() throws IOException {
      channel.force(true);
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
