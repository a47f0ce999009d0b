package dev.yololoss.trainer.checkpoint;

import dev.yololoss.trainer.files.Disk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoints of a run, {@code epoch-000012.safetensors}: the newest and the one before it.
 *
 * @param folder need not be there yet
 * @param disk what new ones are written to
 */
public record CheckpointFolder(Path folder, Disk disk) {
  private static final Pattern NAME = Pattern.compile("epoch-\\d{6}\\.safetensors");
  private static final int KEPT = 2;
  private static final String FOLDER = "checkpoints";

  /**
   * A checkpoint that was found.
   *
   * @param notes about newer ones that could not be used
   */
  public record Found(Path file, Checkpoint checkpoint, List<String> notes) {
    public Found {
      notes = List.copyOf(notes);
    }
  }

  /** Whether a folder is called as a run's folder of checkpoints is. */
  public static boolean isNamed(Path folder) {
    return folder.endsWith(FOLDER);
  }

  /** In a run's folder, on the machine's disk. */
  public static CheckpointFolder ofRun(Path run) {
    return new CheckpointFolder(run.resolve(FOLDER), Disk.OF_THE_MACHINE);
  }

  /**
   * Writes the next checkpoint, and then removes all but the two newest.
   *
   * @return the file
   * @throws CheckpointWriteException if it cannot be written; the earlier ones are then as they
   *     were
   */
  public Path save(Checkpoint checkpoint) {
    String name = String.format(Locale.ROOT, "epoch-%06d.safetensors", checkpoint.epoch());
    Path file = folder.resolve(name);
    List<Path> earlier = newestFirst().stream().filter(f -> f.compareTo(file) < 0).toList();
    try {
      CheckpointFile.write(file, checkpoint, disk);
    } catch (CheckpointWriteException e) {
      String kept =
          earlier.isEmpty() ? "" : "; " + earlier.getFirst() + " is still there to resume from";
      throw new CheckpointWriteException(e.getMessage() + kept, e);
    }
    for (Path old : earlier.stream().skip(KEPT - 1L).toList()) {
      delete(old);
    }
    return file;
  }

  /** Whether there is one, good or not. */
  public boolean isEmpty() {
    return newestFirst().isEmpty();
  }

  /**
   * @throws CheckpointException if there is none, good or not
   */
  public void requireAny() {
    if (isEmpty()) {
      throw new CheckpointException(folder + ": holds no checkpoint");
    }
  }

  /**
   * The newest that is good. A damaged one is passed over, and the notes say so.
   *
   * @throws CheckpointException if there is none
   */
  public Found newest() {
    requireAny();
    List<String> notes = new ArrayList<>();
    for (Path file : newestFirst()) {
      try {
        return new Found(file, CheckpointFile.read(file), notes);
      } catch (CheckpointException e) {
        notes.add(e.getMessage());
      }
    }
    throw new CheckpointException(
        folder + ": holds no good checkpoint: " + String.join("; ", notes));
  }

  /** Removes all checkpoints and the folder. */
  public void delete() {
    newestFirst().forEach(CheckpointFolder::delete);
    delete(folder);
  }

  private List<Path> newestFirst() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> NAME.matcher(file.getFileName().toString()).matches())
          .sorted(Comparator.reverseOrder())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
