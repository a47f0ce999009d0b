package dev.yololoss.trainer.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * {@code metrics.csv}: a header and one row per epoch, for people and spreadsheets alike.
 *
 * <p>Numbers have a decimal point whatever the locale, and as many digits as it takes to read the
 * same double again. A precision that was not evaluated is an empty cell; any other number that is
 * not finite is written as {@code NaN} or {@code Infinity}.
 */
public final class MetricsFile {
  private static final List<String> COLUMNS =
      List.of(
          "epoch",
          "learning_rate",
          "total_loss",
          "box_loss",
          "objectness_loss",
          "classification_loss",
          "positives",
          "ignored",
          "mean_iou",
          "recall50",
          "recall75",
          "objectness_on_matches",
          "objectness_elsewhere",
          "images_per_second",
          "loss_share",
          "mAP50",
          "mAP50_95",
          "mAP_voc07",
          "seconds");
  private static final String HEADER = String.join(",", COLUMNS);

  private final Path path;

  private MetricsFile(Path path) {
    this.path = path;
  }

  /**
   * Starts the file with its header, or takes up one that is there, whose rows stay.
   *
   * @throws IOException if the file cannot be written, or is there and is no such file
   */
  public static MetricsFile open(Path path) throws IOException {
    if (Files.exists(path)) {
      read(path);
    } else {
      AtomicFile.write(path, (HEADER + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return new MetricsFile(path);
  }

  /**
   * Appends a row; it is in the file when this returns.
   *
   * @return the file
   */
  public Path append(EpochReport report) throws IOException {
    // A single write of a whole line: a reader never meets half a row.
    return Files.writeString(
        path, row(report) + "\n", StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  /**
   * The rows of such a file.
   *
   * @throws IOException if it cannot be read, or holds something else; the message quotes the line
   */
  public static List<EpochReport> read(Path path) throws IOException {
    String text = Files.readString(path);
    List<String> lines = text.lines().toList();
    if (lines.isEmpty() || !lines.getFirst().equals(HEADER)) {
      throw new IOException(path + ": line 1 is not the header " + HEADER);
    }
    if (!text.endsWith("\n")) {
      throw new IOException(path + ": line " + lines.size() + " has no end: remove the line");
    }
    try {
      return lines.stream().skip(1).map(MetricsFile::parse).toList();
    } catch (IllegalArgumentException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  private static String row(EpochReport report) {
    Losses losses = report.losses();
    Matches matches = report.matches();
    Pace pace = report.pace();
    Precision precision = report.precision();
    return Stream.of(
            String.valueOf(report.epoch()),
            cells(report.learningRate()),
            cells(losses.total(), losses.box(), losses.objectness(), losses.classification()),
            String.valueOf(matches.positives()),
            String.valueOf(matches.ignored()),
            cells(matches.meanIoU(), matches.recall50(), matches.recall75()),
            cells(matches.objectnessOnMatches(), matches.objectnessElsewhere()),
            cells(pace.imagesPerSecond(), pace.lossShare()),
            emptyWhenNaN(precision.map50()),
            emptyWhenNaN(precision.map50To95()),
            emptyWhenNaN(precision.mapVoc07()),
            cells(pace.seconds()))
        .collect(Collectors.joining(","));
  }

  private static String cells(double... values) {
    return DoubleStream.of(values).mapToObj(Double::toString).collect(Collectors.joining(","));
  }

  private static String emptyWhenNaN(double value) {
    return Double.isNaN(value) ? "" : Double.toString(value);
  }

  private static EpochReport parse(String line) {
    String[] cells = line.split(",", -1);
    if (cells.length != COLUMNS.size()) {
      throw new IllegalArgumentException(
          "%d cells instead of %d in: %s".formatted(cells.length, COLUMNS.size(), line));
    }
    try {
      return report(cells);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(e.getMessage() + " in: " + line, e);
    }
  }

  private static EpochReport report(String[] cells) {
    double[] numbers =
        Arrays.stream(cells)
            .mapToDouble(cell -> cell.isEmpty() ? Double.NaN : Double.parseDouble(cell))
            .toArray();
    return new EpochReport(
        Integer.parseInt(cells[0]),
        numbers[1],
        new Losses(numbers[2], numbers[3], numbers[4], numbers[5]),
        new Matches(
            Long.parseLong(cells[6]),
            Long.parseLong(cells[7]),
            numbers[8],
            numbers[9],
            numbers[10],
            numbers[11],
            numbers[12]),
        new Pace(numbers[13], numbers[14], numbers[18]),
        new Precision(numbers[15], numbers[16], numbers[17]));
  }
}
