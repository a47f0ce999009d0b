package dev.yololoss.trainer.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.trainer.report.Losses;
import dev.yololoss.trainer.report.StepReport;
import dev.yololoss.trainer.report.TrainingProgress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import me.tongfei.progressbar.ProgressBarConsumer;
import org.junit.jupiter.api.Test;

class ComparisonLinesTest {
  private static final StepReport STEP = new StepReport(5, 4, new Losses(4, 1, 2, 1), 0.1, 0.01);

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private long now;

  @Test
  void aLineARunAndOneEveryThirtySecondsWithWhatIsLeft() {
    ComparisonLines lines = new ComparisonLines(out, () -> now);
    lines.planned(3, 300);
    lines.runSkipped(100);
    lines.runStarted(2, "yolov5, seed 2", 100);
    TrainingProgress run = lines.epochs();
    run.epochStarted(3, 10, 10); // resumed after two epochs
    now += 29_000_000_000L;
    run.batchDone(STEP);
    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEmpty();
    now += 31_000_000_000L;
    run.batchDone(STEP);
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo("run 2/3: yolov5, seed 2  epoch 3/10  | all 41 %, about 7 min left\n");
    lines.runFinished("mAP@.5 0.5");
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .endsWith("run 2/3: yolov5, seed 2  mAP@.5 0.5\n");
    lines.close();
    lines.close();
  }

  @Test
  void aBarOverAllRunsWithALineForEach() {
    StringBuilder drawn = new StringBuilder();
    ProgressBarConsumer terminal =
        new ProgressBarConsumer() {
          @Override
          public int getMaxRenderedLength() {
            return 150;
          }

          @Override
          public void accept(String line) {
            drawn.append(line).append('\n');
          }

          @Override
          public void close() {}
        };
    try (ComparisonBar bar = new ComparisonBar(out, () -> terminal)) {
      bar.planned(2, 200);
      bar.runStarted(1, "yolov5, seed 1", 100);
      TrainingProgress run = bar.epochs();
      run.epochStarted(1, 10, 10);
      run.batchDone(STEP);
      bar.runFinished("mAP@.5 0.5");
      bar.runStarted(2, "yolov2, seed 1", 100);
      bar.epochs().epochStarted(10, 10, 10);
      bar.epochs().batchDone(STEP);
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo("run 1/2: yolov5, seed 1  mAP@.5 0.5\n");
    assertThat(drawn.toString()).contains("all runs", "195/200", "yolov2, seed 1  epoch 10/10");
  }
}
