package dev.yololoss.trainer.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.trainer.ForkedCommand;
import dev.yololoss.trainer.data.ShapesFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 at random moments, and then the numbers of a comparison that was left alone. */
class KilledComparisonTest {
  private static final List<Integer> RESULTS_BEFORE_A_KILL = List.of(2, 4);
  private static final int LONGEST_PAUSE = 1000;

  @TempDir Path folder;

  @Test
  void aKilledComparisonEndsTheSame() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("KilledComparisonTest -Dseed=" + seed);
    Random random = new Random(seed);
    Path data = ShapesFolder.write(folder.resolve("data"), 16, 4, 1);
    Path whole = folder.resolve("whole");
    Path cut = folder.resolve("cut");
    start(data, whole).requireSuccess();

    stopPolitely(start(data, cut), cut);

    int kills = 0;
    Map<String, String> kept = new TreeMap<>();
    ForkedCommand run = resume(cut);
    for (int results : RESULTS_BEFORE_A_KILL) {
      while (run.process().isAlive() && results(cut).size() < results) {
        Thread.sleep(5);
      }
      Thread.sleep(random.nextInt(LONGEST_PAUSE));
      if (run.process().isAlive()) {
        run.kill();
        kills++;
      }
      kept.putAll(results(cut));
      run = resume(cut);
    }
    run.requireSuccess();
    // What was finished was not done again: its times are those from before the kill.
    assertThat(results(cut)).containsAllEntriesOf(kept);

    assertThat(kills).isEqualTo(2);
    assertThat(ComparisonTest.timeless(results(cut)))
        .isEqualTo(ComparisonTest.timeless(results(whole)))
        .hasSize(6);
    assertThat(cut.resolve("report.html")).isNotEmptyFile();
  }

  /** As Ctrl-C does: there is a report of what there is. */
  private static void stopPolitely(ForkedCommand run, Path out) throws Exception {
    while (run.process().isAlive() && results(out).isEmpty()) {
      Thread.sleep(5);
    }
    run.process().destroy();
    assertThat(run.process().waitFor()).isNotZero();
    assertThat(Files.readString(run.output()))
        .contains("interrupted; go on with: compare --resume " + out)
        .doesNotContain("Exception");
    assertThat(Files.readString(out.resolve("report.md"))).contains("Not finished");
  }

  private ForkedCommand resume(Path out) throws IOException {
    return ForkedCommand.start(
        Files.createTempFile(folder, "output", ".txt"), "compare", "--resume", out.toString());
  }

  private ForkedCommand start(Path data, Path out) throws IOException {
    return ForkedCommand.start(
        Files.createTempFile(folder, "output", ".txt"),
        "compare",
        "--losses=yolov5,yolov2",
        "--seeds=1",
        "--epochs=4",
        "--rates=0.001,0.003",
        "--rate-epochs=3",
        "--size=64",
        "--batch=4",
        "--backend=reference",
        "--data=" + data,
        "--out=" + out);
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
}
