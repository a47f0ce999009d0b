package dev.yololoss.trainer.train;

import dev.yololoss.trainer.checkpoint.Checkpoint;
import dev.yololoss.trainer.checkpoint.CheckpointFolder;
import dev.yololoss.trainer.files.AtomicFile;
import dev.yololoss.trainer.report.EpochReport;
import dev.yololoss.trainer.report.LossCurves;
import dev.yololoss.trainer.report.MetricsFile;
import dev.yololoss.trainer.report.Picture;
import dev.yololoss.trainer.report.PictureSheet;
import dev.yololoss.trainer.report.PrecisionCurve;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a run leaves behind: {@code spec.json}, {@code metrics.csv}, pictures, an event file, and
 * while it lasts two checkpoints.
 */
final class RunFolder implements AutoCloseable {
  private static final String INTERRUPTED = "interrupted.txt";
  private static final int PICTURES_OF_AN_EVENT = 4;

  private final Path folder;
  private final MetricsFile metrics;
  private final RunEvents events;
  private final CheckpointFolder checkpoints;
  private final List<EpochReport> reports = new ArrayList<>();
  private final Set<Path> written = new LinkedHashSet<>();
  private final Optional<FolderLock> lock;

  private RunFolder(
      Path folder,
      MetricsFile metrics,
      RunEvents events,
      CheckpointFolder checkpoints,
      Optional<FolderLock> lock) {
    this.lock = lock;
    this.folder = folder;
    this.metrics = metrics;
    this.events = events;
    this.checkpoints = checkpoints;
    written.add(folder.resolve("metrics.csv"));
    written.add(events.path());
  }

  /**
   * Refuses a folder with a run.
   *
   * @throws TrainingException if there is one
   */
  static void requireNoRun(Path folder) {
    if (Files.exists(folder.resolve("metrics.csv")) || !CheckpointFolder.ofRun(folder).isEmpty()) {
      throw new TrainingException(
          "--out "
              + folder
              + ": holds a run already; name another folder, or go on with it: --resume "
              + folder);
    }
  }

  /**
   * Makes the folder, with the checkpoint before the first epoch; locked until it is closed.
   *
   * @throws TrainingException if it cannot be made, or holds a run, or another process is at work
   *     there
   */
  static RunFolder create(
      Path folder, CheckpointFolder checkpoints, Checkpoint first, int layers, int stepsPerEpoch) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new TrainingException("--out " + folder + ": cannot be written: " + e, e);
    }
    FolderLock lock = FolderLock.of(folder);
    try {
      requireNoRun(folder); // once more: another process may have begun one
      // The checkpoint comes first: a run that is killed before it can be started again.
      checkpoints.save(first);
      return new RunFolder(
          folder,
          MetricsFile.open(folder.resolve("metrics.csv"), layers),
          RunEvents.start(folder, 0, stepsPerEpoch),
          checkpoints,
          Optional.of(lock));
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    } catch (IOException e) {
      lock.close();
      throw new TrainingException("--out " + folder + ": cannot be written: " + e, e);
    }
  }

  /**
   * Goes on after a checkpoint: what was written after it is dropped.
   *
   * @param folder locked, and unlocked, by the caller
   * @throws TrainingException if the metrics do not fit the checkpoint
   */
  static RunFolder reopen(
      Path folder, CheckpointFolder checkpoints, int epoch, int layers, int stepsPerEpoch) {
    try {
      Path file = folder.resolve("metrics.csv");
      MetricsFile metrics = MetricsFile.cutAfter(file, epoch, layers);
      Files.deleteIfExists(folder.resolve(INTERRUPTED));
      RunFolder run =
          new RunFolder(
              folder,
              metrics,
              RunEvents.start(folder, epoch, stepsPerEpoch),
              checkpoints,
              Optional.empty());
      run.reports.addAll(MetricsFile.read(file));
      return run;
    } catch (IOException e) {
      throw new TrainingException("--resume " + folder + ": " + e.getMessage(), e);
    }
  }

  void writeSpec(String json) {
    keep(() -> AtomicFile.write(folder.resolve("spec.json"), json + "\n"));
  }

  void step(long step, double loss, double learningRate) {
    attempt(() -> events.step(step, loss, learningRate));
  }

  void append(EpochReport report) {
    reports.add(report);
    keep(() -> metrics.append(report));
    attempt(() -> events.epoch(report));
  }

  void save(Checkpoint checkpoint) {
    checkpoints.save(checkpoint);
  }

  void noteInterruption() {
    keep(
        () ->
            AtomicFile.write(
                folder.resolve(INTERRUPTED),
                "This run was interrupted; the last row of metrics.csv may be part of an epoch. Go"
                    + " on with: train --resume "
                    + folder
                    + "\n"));
  }

  void drawCurves() {
    attempt(
        () -> {
          LossCurves.write(folder.resolve("loss.png"), reports).ifPresent(written::add);
          PrecisionCurve.write(folder.resolve("map.png"), reports).ifPresent(written::add);
        });
  }

  void drawSheet(List<String> classes, List<Picture> pictures) {
    keep(() -> new PictureSheet(classes).write(folder.resolve("sheet.png"), pictures));
  }

  /** The first few, for TensorBoard. */
  void drawEvent(int epoch, List<String> classes, List<Picture> pictures) {
    List<Picture> few = pictures.stream().limit(PICTURES_OF_AN_EVENT).toList();
    attempt(() -> events.pictures(epoch, new PictureSheet(classes).draw(few)));
  }

  List<EpochReport> reports() {
    return List.copyOf(reports);
  }

  List<Path> files() {
    return List.copyOf(written);
  }

  @Override
  public void close() {
    try {
      attempt(events::close);
    } finally {
      lock.ifPresent(FolderLock::close);
    }
  }

  private interface Writing {
    Path write() throws IOException;
  }

  private void keep(Writing writing) {
    attempt(() -> written.add(writing.write()));
  }

  private interface Attempt {
    void run() throws IOException;
  }

  private static void attempt(Attempt attempt) {
    try {
      attempt.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
