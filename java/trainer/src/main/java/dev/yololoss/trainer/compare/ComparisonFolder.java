package dev.yololoss.trainer.compare;

import dev.yololoss.trainer.checkpoint.CheckpointFolder;
import dev.yololoss.trainer.files.AtomicFile;
import dev.yololoss.trainer.report.Picture;
import dev.yololoss.trainer.report.PictureSheet;
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
final class ComparisonFolder {
  private static final int PICTURES = 3;
  private static final String COMMAND = "command.txt";

  private final Path folder;

  private ComparisonFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * A new folder, or one with the same plan.
   *
   * @param command how a new one was asked for, to be kept for people
   * @throws TrainingException if it holds another plan, or something else
   */
  static ComparisonFolder of(Path folder, String plan, String command) {
    Path file = folder.resolve("plan.json");
    try {
      if (!Files.exists(file)) {
        if (Files.exists(folder.resolve("results"))
            || Files.exists(folder.resolve("metrics.csv"))) {
          throw new TrainingException(
              "--out " + folder + ": holds something else; name another folder");
        }
        Files.createDirectories(folder.resolve("results"));
        Files.createDirectories(folder.resolve("runs"));
        AtomicFile.write(folder.resolve(COMMAND), command + "\n");
        AtomicFile.write(file, plan);
      } else {
        Optional<String> difference = Plan.difference(Files.readString(file), plan);
        if (difference.isPresent()) {
          throw new TrainingException(
              "--out " + folder + ": holds a comparison with another plan: " + difference.get());
        }
      }
    } catch (IOException e) {
      throw new TrainingException("--out " + folder + ": cannot be written: " + e, e);
    }
    return new ComparisonFolder(folder);
  }

  /**
   * The plan of a folder.
   *
   * @throws TrainingException if there is none
   */
  static Plan plan(Path folder) {
    Path file = folder.resolve("plan.json");
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

  Optional<RunResult> result(PlannedRun run) {
    Path file = results(run, ".json");
    return attempt(
        () ->
            Files.exists(file)
                ? Optional.of(RunResult.read(file.toString(), Files.readString(file)))
                : Optional.empty());
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
