package dev.yololoss.trainer.compare;

import dev.yololoss.trainer.checkpoint.CheckpointFolder;
import dev.yololoss.trainer.files.AtomicFile;
import dev.yololoss.trainer.report.Picture;
import dev.yololoss.trainer.report.PictureSheet;
import dev.yololoss.trainer.train.FolderLock;
import dev.yololoss.trainer.train.TrainingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a comparison leaves: {@code plan.json}, {@code command.txt}, {@code results/RUN.json} and
 * {@code .jpg} for each finished run, {@code runs/RUN} with its metrics, and the report.
 */
final class ComparisonFolder implements AutoCloseable {
  private static final int PICTURES = 3;
  private static final String COMMAND = "command.txt";
  private static final String PLAN = "plan.json";

  private final Path folder;
  private final FolderLock lock;

  private ComparisonFolder(Path folder, FolderLock lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /**
   * A new folder, or one with the same plan; locked until it is closed.
   *
   * @param command how a new one was asked for, to be kept for people
   * @throws TrainingException if it holds another plan, or something else, or another process is at
   *     work there
   */
  static ComparisonFolder of(Path folder, String plan, String command) {
    try {
      requireNothingElse(folder);
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw notWritten(folder, e);
    }
    FolderLock lock = FolderLock.of(folder);
    try {
      settle(folder, plan, command);
      return new ComparisonFolder(folder, lock);
    } catch (IOException e) {
      lock.close();
      throw notWritten(folder, e);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static void requireNothingElse(Path folder) {
    boolean other =
        Files.exists(folder.resolve("results")) || Files.exists(folder.resolve("metrics.csv"));
    if (other && !Files.exists(folder.resolve(PLAN))) {
      throw new TrainingException(
          "--out " + folder + ": holds something else; name another folder");
    }
  }

  private static void settle(Path folder, String plan, String command) throws IOException {
    Path file = folder.resolve(PLAN);
    if (Files.exists(file)) {
      Optional<String> difference = Plan.difference(Files.readString(file), plan);
      if (difference.isPresent()) {
        throw new TrainingException(
            "--out " + folder + ": holds a comparison with another plan: " + difference.get());
      }
    } else {
      AtomicFile.write(folder.resolve(COMMAND), command + "\n");
      AtomicFile.write(file, plan);
    }
    // After the plan: a comparison that was killed before it had one can be asked for again.
    Files.createDirectories(folder.resolve("results"));
    Files.createDirectories(folder.resolve("runs"));
  }

  private static TrainingException notWritten(Path folder, IOException e) {
    return new TrainingException("--out " + folder + ": cannot be written: " + e, e);
  }

  /**
   * The plan of a folder.
   *
   * @throws TrainingException if there is none
   */
  static Plan plan(Path folder) {
    Path file = folder.resolve(PLAN);
    try {
      return Plan.read(Files.readString(file), folder);
    } catch (IOException e) {
      throw new TrainingException("--resume " + folder + ": holds no comparison: " + e, e);
    }
  }

  /** How the comparison was asked for. */
  String command() {
    Path file = folder.resolve(COMMAND);
    return attempt(() -> Files.exists(file) ? Files.readString(file).strip() : "");
  }

  Path path() {
    return folder;
  }

  Path run(PlannedRun run) {
    return folder.resolve("runs").resolve(run.id());
  }

  /**
   * A run's result, if it was finished.
   *
   * @throws TrainingException if the file is no result, or is one of another run
   */
  Optional<RunResult> result(PlannedRun run) {
    Path file = results(run, ".json");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    String json = attempt(() -> Files.readString(file));
    return Optional.of(RunResult.read(file.toString(), json).requireOf(run, file.toString()));
  }

  /** The picture comes first: where there is a result there is everything. */
  void keep(PlannedRun run, RunResult result, List<String> classes, List<Picture> pictures) {
    attempt(
        () -> {
          if (run.isShown() && !pictures.isEmpty()) {
            List<Picture> few = pictures.stream().limit(PICTURES).toList();
            AtomicFile.write(results(run, ".jpg"), Jpeg.of(new PictureSheet(classes).draw(few)));
          }
          AtomicFile.write(results(run, ".json"), result.toJson());
          return result;
        });
    CheckpointFolder.ofRun(run(run)).delete();
  }

  Optional<byte[]> picture(PlannedRun run) {
    Path file = results(run, ".jpg");
    return attempt(
        () -> Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty());
  }

  private Path results(PlannedRun run, String ending) {
    return folder.resolve("results").resolve(run.id() + ending);
  }

  /** Removes what a run left that was killed before its first checkpoint. */
  void clear(PlannedRun run) {
    Path start = run(run);
    if (!Files.exists(start)) {
      return;
    }
    attempt(
        () -> {
          try (Stream<Path> files = Files.walk(start)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
              Files.delete(file);
            }
          }
          return start;
        });
  }

  /** Another process may work here from now on; idempotent. */
  @Override
  public void close() {
    lock.close();
  }

  private interface Attempt<T> {
    T run() throws IOException;
  }

  private static <T> T attempt(Attempt<T> attempt) {
    try {
      return attempt.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
