package dev.yololoss.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.trainer.ForkedCommand;
import dev.yololoss.trainer.checkpoint.CheckpointFolder;
import dev.yololoss.trainer.data.ShapesFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 at random moments, several times, and then the numbers of a run that was left alone. */
class KilledRunTest {
  private static final int EPOCHS = 30;
  private static final List<Integer> ROWS_BEFORE_A_KILL = List.of(3, 8, 13);
  private static final int LONGEST_PAUSE = 500;

  @TempDir Path folder;

  @Test
  void aKilledRunLosesAtMostAnEpochAndEndsTheSame() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("KilledRunTest -Dseed=" + seed);
    Random random = new Random(seed);
    Path data = ShapesFolder.write(folder.resolve("data"), 16, 4, 1);
    Path whole = folder.resolve("whole");
    Path cut = folder.resolve("cut");
    start(arguments(data, whole)).requireSuccess();

    int kills = 0;
    ForkedCommand run = start(arguments(data, cut));
    for (int rows : ROWS_BEFORE_A_KILL) {
      while (run.process().isAlive() && rows(cut) < rows) {
        Thread.sleep(5);
      }
      Thread.sleep(random.nextInt(LONGEST_PAUSE));
      if (run.process().isAlive()) {
        run.kill();
        kills++;
        // The row of an epoch comes before its checkpoint.
        assertThat(newest(cut)).isBetween(rows(cut) - 1, rows(cut));
      }
      run = start("train", "--resume", cut.toString());
    }
    run.requireSuccess();

    assertThat(kills).isEqualTo(3);
    assertThat(TimelessRows.of(cut.resolve("metrics.csv")))
        .isEqualTo(TimelessRows.of(whole.resolve("metrics.csv")))
        .hasSize(EPOCHS + 1);
    assertThat(model(cut)).isEqualTo(model(whole));
    for (String name : List.of("spec.json", "loss.png", "map.png", "sheet.png")) {
      assertThat(cut.resolve(name)).hasSameBinaryContentAs(whole.resolve(name));
    }
    try (Stream<Path> files = Files.walk(cut)) {
      assertThat(files).noneMatch(file -> file.toString().endsWith(".partial"));
    }
  }

  private static String[] arguments(Path data, Path out) {
    List<String> arguments = new ArrayList<>(List.of("train", "--preset", "yolov5"));
    arguments.addAll(List.of("--data", data.toString(), "--out", out.toString()));
    arguments.addAll(List.of("--size", "64", "--batch", "4", "--backend", "reference"));
    arguments.addAll(List.of("--epochs", String.valueOf(EPOCHS), "--evaluate-every", "3"));
    return arguments.toArray(String[]::new);
  }

  private ForkedCommand start(String... arguments) throws IOException {
    return ForkedCommand.start(Files.createTempFile(folder, "output", ".txt"), arguments);
  }

  private static int rows(Path run) throws IOException {
    Path metrics = run.resolve("metrics.csv");
    return Files.exists(metrics) ? Files.readAllLines(metrics).size() - 1 : 0;
  }

  private static int newest(Path run) {
    return CheckpointFolder.ofRun(run).newest().checkpoint().epoch();
  }

  private static Object model(Path run) {
    return CheckpointFolder.ofRun(run).newest().checkpoint().model();
  }
}
