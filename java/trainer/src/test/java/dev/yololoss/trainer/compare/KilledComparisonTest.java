package dev.yololoss.trainer.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.trainer.ForkedCommand;
import dev.yololoss.trainer.checkpoint.CheckpointFolder;
import dev.yololoss.trainer.data.ShapesFolder;
import dev.yololoss.trainer.train.TimelessRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at random moments, and then the numbers of a comparison that was left alone. Nobody names
 * a folder: the same command finds again what it has done.
 */
class KilledComparisonTest {
  private static final int KILLS_WITHIN_A_RUN = 2;
  private static final int LONGEST_PAUSE = 400; // about an epoch
  private static final String SECOND_EPOCH = "checkpoints/epoch-000002.safetensors";

  @TempDir Path folder;

  private Path data;

  @BeforeEach
  void writeData() {
    data = ShapesFolder.write(folder.resolve("data"), 16, 4, 1);
  }

  @Test
  void aKilledComparisonLosesAtMostAnEpochAndEndsTheSame() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("KilledComparisonTest -Dseed=" + seed);
    Random random = new Random(seed);
    Path whole = Files.createDirectories(folder.resolve("whole"));
    start(whole).requireSuccess();
    Path cut = Files.createDirectories(folder.resolve("cut"));
    stopPolitely(start(cut), cut);

    // With the times of the clock: an epoch that was done again would have another.
    Map<Path, List<String>> epochs = new TreeMap<>();
    Map<String, String> results = new TreeMap<>();
    int kills = 0;
    while (kills < KILLS_WITHIN_A_RUN) {
      List<Path> earlier = runsWithTwoEpochs(cut);
      ForkedCommand run = kills == 0 ? start(cut) : resume(cut);
      Optional<Path> busy = waitForTheSecondEpoch(run, cut, earlier);
      assertThat(busy).as("a run to kill").isPresent();
      Thread.sleep(random.nextInt(LONGEST_PAUSE));
      run.kill();
      results.putAll(results(out(cut)));
      if (!CheckpointFolder.ofRun(busy.get()).isEmpty()) {
        epochs.put(busy.get(), keptEpochs(busy.get()));
        kills++;
      }
    }
    start(cut).requireSuccess();

    assertThat(out(cut)).hasFileName(out(whole).getFileName().toString());
    assertThat(results(out(cut))).containsAllEntriesOf(results);
    for (Map.Entry<Path, List<String>> run : epochs.entrySet()) {
      assertThat(Files.readAllLines(run.getKey().resolve("metrics.csv"))).startsWith(lines(run));
    }
    assertThat(ComparisonTest.timeless(results(out(cut))))
        .isEqualTo(ComparisonTest.timeless(results(out(whole))))
        .hasSize(6);
    assertThat(metrics(out(cut))).isEqualTo(metrics(out(whole))).hasSize(6);
    assertThat(Files.readString(out(cut).resolve("report.html"))).endsWith("</html>\n");
    try (Stream<Path> files = Files.walk(cut)) {
      assertThat(files).noneMatch(file -> file.toString().endsWith(".partial"));
    }
  }

  private static String[] lines(Map.Entry<Path, List<String>> run) {
    return run.getValue().toArray(String[]::new);
  }

  /** As Ctrl-C does: there is a report of what there is. */
  private static void stopPolitely(ForkedCommand run, Path place) throws Exception {
    while (run.process().isAlive() && (!begun(place) || results(out(place)).isEmpty())) {
      Thread.sleep(5);
    }
    run.process().destroy();
    assertThat(run.process().waitFor()).isNotZero();
    Path out = out(place);
    assertThat(Files.readString(run.output()))
        .contains("interrupted; go on with: compare --resume " + place.relativize(out))
        .doesNotContain("Exception");
    assertThat(Files.readString(out.resolve("report.md"))).contains("Not finished");
  }

  /** Of a run of this process; none if the comparison ends. */
  private static Optional<Path> waitForTheSecondEpoch(
      ForkedCommand process, Path place, List<Path> earlier) throws Exception {
    while (process.process().isAlive()) {
      Optional<Path> busy =
          runsWithTwoEpochs(place).stream().filter(run -> !earlier.contains(run)).findFirst();
      if (busy.isPresent()) {
        return busy;
      }
      Thread.sleep(5);
    }
    return Optional.empty();
  }

  /** Whose second epoch is one of the two newest checkpoints. */
  private static List<Path> runsWithTwoEpochs(Path place) throws IOException {
    try (Stream<Path> runs = Files.list(out(place).resolve("runs"))) {
      return runs.filter(run -> Files.exists(run.resolve(SECOND_EPOCH))).toList();
    }
  }

  /** The header and the rows up to the newest checkpoint, which is at most an epoch behind. */
  private static List<String> keptEpochs(Path run) throws IOException {
    List<String> rows = Files.readAllLines(run.resolve("metrics.csv"));
    int epoch = CheckpointFolder.ofRun(run).newest().checkpoint().epoch();
    assertThat(epoch).isGreaterThan(1).isBetween(rows.size() - 2, rows.size() - 1);
    return rows.subList(0, epoch + 1);
  }

  private ForkedCommand resume(Path place) throws IOException {
    return ForkedCommand.startIn(
        place, output(), "compare", "--resume", place.relativize(out(place)).toString());
  }

  private ForkedCommand start(Path place) throws IOException {
    return ForkedCommand.startIn(
        place,
        output(),
        "compare",
        "--losses=yolov5,yolov2",
        "--seeds=1",
        "--epochs=8",
        "--rates=0.001,0.003",
        "--rate-epochs=6",
        "--size=64",
        "--batch=4",
        "--backend=reference",
        "--data=" + data);
  }

  private Path output() throws IOException {
    return Files.createTempFile(folder, "output", ".txt");
  }

  private static boolean begun(Path place) throws IOException {
    Path runs = place.resolve("runs");
    if (!Files.isDirectory(runs)) {
      return false;
    }
    try (Stream<Path> comparisons = Files.list(runs)) {
      return comparisons.findAny().isPresent();
    }
  }

  /** The only one there. */
  private static Path out(Path place) throws IOException {
    try (Stream<Path> comparisons = Files.list(place.resolve("runs"))) {
      List<Path> all = comparisons.toList();
      assertThat(all).hasSize(1);
      return all.getFirst();
    }
  }

  private static Map<String, String> results(Path out) throws IOException {
    Map<String, String> results = new TreeMap<>();
    Path folder = out.resolve("results");
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file :
            files.filter(f -> f.getFileName().toString().matches("[^.].*\\.json")).toList()) {
          results.put(file.getFileName().toString(), Files.readString(file));
        }
      }
    }
    return results;
  }

  private static Map<String, List<String>> metrics(Path out) throws IOException {
    Map<String, List<String>> metrics = new TreeMap<>();
    try (Stream<Path> runs = Files.list(out.resolve("runs"))) {
      for (Path run : runs.toList()) {
        metrics.put(run.getFileName().toString(), TimelessRows.of(run.resolve("metrics.csv")));
      }
    }
    return metrics;
  }
}
