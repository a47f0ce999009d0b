package dev.yololoss.trainer.checkpoint;

import dev.yololoss.trainer.files.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A disk that takes so many bytes, into a real file, and then is full.
 *
 * @param room in bytes
 */
record FullDisk(long room) implements Disk {
  @Override
  public OpenFile create(Path file) throws IOException {
    OpenFile real = Disk.OF_THE_MACHINE.create(file);
    return new OpenFile() {
      private long left = room;

      @Override
      public int write(ByteBuffer source) throws IOException {
        if (left == 0) {
          throw new IOException("No space left on device");
        }
        int count = (int) Math.min(left, source.remaining());
        ByteBuffer part = source.slice(source.position(), count);
        while (part.hasRemaining()) {
          real.write(part);
        }
        source.position(source.position() + count);
        left -= count;
        return count;
      }

      @Override
      public void force() throws IOException {
        real.force();
      }

      @Override
      public boolean isOpen() {
        return real.isOpen();
      }

      @Override
      public void close() throws IOException {
        real.close();
      }
    };
  }
}
