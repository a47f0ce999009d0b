package dev.yololoss.trainer.report;

import dev.yololoss.trainer.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
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
          "assignment_churn",
          "images_per_second",
          "loss_share",
          "mAP50",
          "mAP50_95",
          "mAP_voc07",
          "seconds");
  private static final int COLUMNS_OF_A_LAYER = 4;

  private final Path path;

  private MetricsFile(Path path) {
    this.path = path;
  }

  /**
   * Starts the file with its header, or takes up one that is there, whose rows stay.
   *
   * @param layers how many heads the loss has
   * @throws IOException if the file cannot be written, or is there and is no such file
   */
  public static MetricsFile open(Path path, int layers) throws IOException {
    if (Files.exists(path)) {
      read(path);
    } else {
      AtomicFile.write(path, header(layers) + "\n");
    }
    return new MetricsFile(path);
  }

  /**
   * Takes up a file that a run left in mid-epoch: rows after the given epoch go, half a row too.
   *
   * @return the file; its rows are those up to the epoch
   * @throws IOException if the header is another, or an earlier row is missing or damaged; the file
   *     is then as it was
   */
  public static MetricsFile cutAfter(Path path, int epoch, int layers) throws IOException {
    List<String> lines = Files.exists(path) ? Files.readString(path).lines().toList() : List.of();
    String kept =
        lines.isEmpty()
            ? header(layers) + "\n"
            : lines.stream().limit(epoch + 1L).collect(Collectors.joining("\n", "", "\n"));
    requireLayers(path, kept, layers);
    requireEpochs(path, parse(path, kept), epoch);
    AtomicFile.write(path, kept);
    return new MetricsFile(path);
  }

  private static void requireLayers(Path path, String text, int layers) throws IOException {
    if (!text.lines().findFirst().orElseThrow().equals(header(layers))) {
      throw new IOException(path + ": line 1 is not the header " + header(layers));
    }
  }

  private static void requireEpochs(Path path, List<EpochReport> rows, int epoch)
      throws IOException {
    if (rows.size() != epoch) {
      throw new IOException(
          path + ": has " + rows.size() + " epochs; the checkpoint is of epoch " + epoch);
    }
    for (int row = 0; row < epoch; row++) {
      if (rows.get(row).epoch() != row + 1) {
        throw new IOException(
            "%s: line %d is of epoch %d; must be of epoch %d"
                .formatted(path, row + 2, rows.get(row).epoch(), row + 1));
      }
    }
  }

  private static String header(int layers) {
    return Stream.concat(
            COLUMNS.stream(),
            IntStream.range(0, layers)
                .boxed()
                .flatMap(
                    layer ->
                        Stream.of("total", "box", "objectness", "classification")
                            .map(part -> "layer" + layer + "_" + part + "_loss")))
        .collect(Collectors.joining(","));
  }

  /**
   * Appends a row; it is in the file when this returns.
   *
   * @return the file
   */
  public Path append(EpochReport report) throws IOException {
    // A single write of a whole line: a reader never meets half a row.
    return Files.writeString(
        path,
        row(report) + "\n",
        StandardOpenOption.WRITE,
        StandardOpenOption.APPEND,
        StandardOpenOption.DSYNC);
  }

  /**
   * The rows of such a file.
   *
   * @throws IOException if it cannot be read, or holds something else; the message quotes the line
   */
  public static List<EpochReport> read(Path path) throws IOException {
    return parse(path, Files.readString(path));
  }

  private static List<EpochReport> parse(Path path, String text) throws IOException {
    List<String> lines = text.lines().toList();
    int layers = lines.isEmpty() ? 0 : layers(lines.getFirst());
    if (lines.isEmpty() || !lines.getFirst().equals(header(layers))) {
      throw new IOException(path + ": line 1 is not the header " + header(layers));
    }
    if (!text.endsWith("\n")) {
      throw new IOException(path + ": line " + lines.size() + " has no end: remove the line");
    }
    try {
      return lines.stream().skip(1).map(line -> parse(line, layers)).toList();
    } catch (IllegalArgumentException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  private static int layers(String header) {
    int columns = header.split(",", -1).length;
    return Math.max(0, (columns - COLUMNS.size()) / COLUMNS_OF_A_LAYER);
  }

  private static String row(EpochReport report) {
    Losses losses = report.losses();
    Matches matches = report.matches();
    Pace pace = report.pace();
    Precision precision = report.precision();
    return Stream.concat(
            Stream.of(
                String.valueOf(report.epoch()),
                cells(report.learningRate()),
                cells(losses),
                String.valueOf(matches.positives()),
                String.valueOf(matches.ignored()),
                cells(matches.meanIoU(), matches.recall50(), matches.recall75()),
                cells(matches.objectnessOnMatches(), matches.objectnessElsewhere()),
                emptyWhenNaN(matches.churn()),
                cells(pace.imagesPerSecond(), pace.lossShare()),
                emptyWhenNaN(precision.map50()),
                emptyWhenNaN(precision.map50To95()),
                emptyWhenNaN(precision.mapVoc07()),
                cells(pace.seconds())),
            report.layers().stream().map(MetricsFile::cells))
        .collect(Collectors.joining(","));
  }

  private static String cells(Losses losses) {
    return cells(losses.total(), losses.box(), losses.objectness(), losses.classification());
  }

  private static String cells(double... values) {
    return DoubleStream.of(values).mapToObj(Double::toString).collect(Collectors.joining(","));
  }

  private static String emptyWhenNaN(double value) {
    return Double.isNaN(value) ? "" : Double.toString(value);
  }

  private static EpochReport parse(String line, int layers) {
    String[] cells = line.split(",", -1);
    int expected = COLUMNS.size() + COLUMNS_OF_A_LAYER * layers;
    if (cells.length != expected) {
      throw new IllegalArgumentException(
          "%d cells instead of %d in: %s".formatted(cells.length, expected, line));
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
    List<Losses> layers = new ArrayList<>();
    for (int i = COLUMNS.size(); i < cells.length; i += COLUMNS_OF_A_LAYER) {
      layers.add(losses(numbers, i));
    }
    return new EpochReport(
        Integer.parseInt(cells[0]),
        numbers[1],
        losses(numbers, 2),
        new Matches(
            Long.parseLong(cells[6]),
            Long.parseLong(cells[7]),
            numbers[8],
            numbers[9],
            numbers[10],
            numbers[11],
            numbers[12],
            numbers[13]),
        new Pace(numbers[14], numbers[15], numbers[19]),
        new Precision(numbers[16], numbers[17], numbers[18]),
        layers);
  }

  private static Losses losses(double[] numbers, int first) {
    return new Losses(numbers[first], numbers[first + 1], numbers[first + 2], numbers[first + 3]);
  }
}
