package dev.yololoss.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarConsumer;
import org.junit.jupiter.api.Test;

class ImageProgressTest {
  @Test
  void aLineEveryHalfMinute() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // such a clock may wrap round
    try (ImageProgress progress =
        new ImageLines(
            "audit", 70, new PrintStream(bytes, true, StandardCharsets.UTF_8), clock::get)) {
      for (int image = 1; image <= 70; image++) {
        clock.addAndGet(Duration.ofSeconds(1).toNanos());
        progress.done(image);
      }
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("audit  30 of 70 images", "audit  60 of 70 images");
  }

  @Test
  void aBarThatIsDrawnAndClosedOnce() {
    List<String> drawn = new CopyOnWriteArrayList<>();
    AtomicInteger closed = new AtomicInteger();
    ProgressBarConsumer screen =
        new DelegatingProgressBarConsumer(drawn::add, 120) {
          @Override
          public void close() {
            closed.incrementAndGet();
          }
        };
    ImageProgress progress = new ImageBar("size 256", 87, screen);
    progress.done(40);
    progress.done(87);
    progress.close();
    progress.close();
    assertThat(drawn.getLast()).contains("size 256", "87/87", "100%");
    assertThat(closed).hasValue(1);
  }
}
