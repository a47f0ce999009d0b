package dev.yololoss.trainer.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The lines of a {@code metrics.csv} without what the clock decides. */
public final class TimelessRows {
  private static final Set<String> OF_THE_CLOCK =
      Set.of("images_per_second", "loss_share", "seconds");

  private TimelessRows() {}

  public static List<String> of(Path metrics) throws IOException {
    List<String> lines = Files.readAllLines(metrics);
    List<String> columns = List.of(lines.getFirst().split(",", -1));
    if (!columns.containsAll(OF_THE_CLOCK)) {
      throw new AssertionError(columns);
    }
    List<String> kept = new ArrayList<>();
    for (String line : lines) {
      String[] cells = line.split(",", -1);
      StringBuilder row = new StringBuilder();
      for (int i = 0; i < cells.length; i++) {
        if (!OF_THE_CLOCK.contains(columns.get(i))) {
          row.append(cells[i]).append(',');
        }
      }
      kept.add(row.toString());
    }
    return kept;
  }
}
