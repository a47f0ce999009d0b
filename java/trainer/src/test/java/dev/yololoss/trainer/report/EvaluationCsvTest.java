package dev.yololoss.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.trainer.evaluate.AveragePrecision;
import dev.yololoss.trainer.evaluate.CategoryPrecision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationCsvTest {
  @TempDir Path folder;

  @Test
  void theFileInFull() throws IOException {
    AveragePrecision measured =
        new AveragePrecision(
            List.of(
                new CategoryPrecision(0, 4, 1, 9, 3, 0, 0.5, 0.25, 0.75, 0.125),
                new CategoryPrecision(
                    1, 0, 0, 2, 0, 0, Double.NaN, Double.NaN, Double.NaN, Double.NaN)),
            3,
            0);
    Path file =
        EvaluationCsv.write(
            folder.resolve("evaluation.csv"),
            List.of("round, \"red\"", "other"),
            new TreeMap<>(Map.of(64, measured)));
    assertThat(file)
        .hasContent(
            """
            size,class,truths,ignored_truths,detections,hits50,AP50,AP50_95,AP_voc07,AP_voc10
            64,"round, ""red""\",4,1,9,3,0.5,0.25,0.75,0.125
            64,"other",0,0,2,0,,,,
            64,,,,,,0.5,0.25,0.75,0.125
            """);
  }
}
