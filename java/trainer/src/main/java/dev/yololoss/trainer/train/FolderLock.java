package dev.yololoss.trainer.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a folder to one process at a time, by a lock on its file {@code .lock}. The system lets go
 * of it when the process ends, however it ends; the file stays, and means nothing by itself.
 */
public final class FolderLock implements AutoCloseable {
  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the folder.
   *
   * @param folder is there
   * @throws TrainingException if somebody else has it, or its file cannot be made
   */
  public static FolderLock of(Path folder) {
    Path file = folder.resolve(".lock");
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        if (isTaken(channel)) {
          throw new TrainingException(
              folder + ": another process is at work there; wait until it has ended");
        }
        return new FolderLock(channel);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new TrainingException(folder + ": cannot be locked: " + e, e);
    }
  }

  private static boolean isTaken(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock(); // lasts as long as its channel
      return lock == null;
    } catch (OverlappingFileLockException _) {
      return true; // by this very process
    }
  }

  /** Lets go of it; idempotent. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
