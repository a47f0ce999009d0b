package dev.yololoss.trainer.train;

import dev.yololoss.trainer.evaluate.Detection;
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
import java.util.Set;

/** What a run leaves behind: {@code spec.json}, {@code metrics.csv} and pictures. */
final class RunFolder {
  private static final double DRAWN_SCORE = 0.3;

  private final Path folder;
  private final MetricsFile metrics;
  private final List<EpochReport> reports = new ArrayList<>();
  private final Set<Path> written = new LinkedHashSet<>();

  private RunFolder(Path folder, MetricsFile metrics) {
    this.folder = folder;
    this.metrics = metrics;
  }

  /**
   * Makes the folder.
   *
   * @throws TrainingException if it cannot be made or holds a run already
   */
  static RunFolder create(Path folder) {
    Path metrics = folder.resolve("metrics.csv");
    if (Files.exists(metrics)) {
      throw new TrainingException("--out " + folder + ": holds a run already; name another folder");
    }
    try {
      Files.createDirectories(folder);
      RunFolder run = new RunFolder(folder, MetricsFile.open(metrics));
      run.written.add(metrics);
      return run;
    } catch (IOException e) {
      throw new TrainingException("--out " + folder + ": cannot be written: " + e, e);
    }
  }

  void writeSpec(String json) {
    keep(() -> Files.writeString(folder.resolve("spec.json"), json + "\n"));
  }

  void append(EpochReport report) {
    reports.add(report);
    keep(() -> metrics.append(report));
  }

  void writeNote(String name, String text) {
    keep(() -> Files.writeString(folder.resolve(name), text + "\n"));
  }

  void drawCurves() {
    try {
      LossCurves.write(folder.resolve("loss.png"), reports).ifPresent(written::add);
      PrecisionCurve.write(folder.resolve("map.png"), reports).ifPresent(written::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void drawSheet(List<String> classes, List<FindObjects.Found> found) {
    List<Picture> pictures = found.stream().map(RunFolder::picture).toList();
    keep(() -> new PictureSheet(classes).write(folder.resolve("sheet.png"), pictures));
  }

  private static Picture picture(FindObjects.Found found) {
    List<Detection> sure =
        found.detections().stream().filter(d -> d.score() >= DRAWN_SCORE).toList();
    return new Picture(
        found.image().source().decode().toBufferedImage(),
        found.image().name(),
        sure,
        found.truths());
  }

  List<Path> files() {
    return List.copyOf(written);
  }

  private interface Writing {
    Path write() throws IOException;
  }

  private void keep(Writing writing) {
    try {
      written.add(writing.write());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
