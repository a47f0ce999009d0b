package dev.yololoss.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarConsumer;
import org.junit.jupiter.api.Test;

class TrainingProgressTest {
  private static final Losses LOSSES = new Losses(7, 1, 4, 2);

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  private List<String> lines() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static StepReport step(int batch, Losses losses) {
    return new StepReport(batch, 16, losses, 0.5, 0.05);
  }

  @Test
  void plainLinesBeatEveryHalfMinuteAndEndEachEpoch() {
    AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // such a clock may wrap round
    try (TrainingProgress progress = new PlainLines(out, clock::get)) {
      progress.epochStarted(1, 3, 100);
      for (int batch = 1; batch <= 100; batch++) {
        clock.addAndGet(Duration.ofSeconds(1).toNanos());
        progress.batchDone(step(batch, LOSSES));
      }
      progress.epochFinished(Samples.report(1, LOSSES, new Precision(0.5, 0.25, 0.4)));
    }
    assertThat(lines())
        .containsExactly(
            "epoch 1/3  batch 30/100  box 1.000  obj 4.000  cls 2.000"
                + "  32.0 images/s  loss 10.0 % of step",
            "epoch 1/3  batch 60/100  box 1.000  obj 4.000  cls 2.000"
                + "  32.0 images/s  loss 10.0 % of step",
            "epoch 1/3  batch 90/100  box 1.000  obj 4.000  cls 2.000"
                + "  32.0 images/s  loss 10.0 % of step",
            "epoch 1/3  loss 7.000 (box 1.000  obj 4.000  cls 2.000)  812.5 images/s"
                + "  loss 4.3 % of step  17.3 s  mAP50 0.5000  mAP50-95 0.2500");
  }

  @Test
  void anEpochWithoutEvaluationSaysNothingOfPrecision() {
    try (TrainingProgress progress = new PlainLines(out, () -> 0)) {
      progress.epochStarted(1, 1, 1);
      progress.epochFinished(Samples.report(1, LOSSES, Precision.NOT_EVALUATED));
    }
    assertThat(lines()).singleElement().asString().endsWith("17.3 s");
  }

  @Test
  void aDivergedLossIsShown() {
    EpochSoFar soFar = new EpochSoFar();
    soFar.add(step(1, LOSSES));
    soFar.add(step(2, new Losses(Double.NaN, Double.NaN, 4, Double.POSITIVE_INFINITY)));
    assertThat(soFar.inWords()).startsWith("box NaN  obj 4.000  cls Infinity");
  }

  @Test
  void meansAreWeightedByImages() {
    EpochSoFar soFar = new EpochSoFar();
    soFar.add(new StepReport(1, 30, new Losses(0, 1, 0, 0), 1, 0.1));
    soFar.add(new StepReport(2, 10, new Losses(0, 5, 0, 0), 1, 0.3));
    // box (30 * 1 + 10 * 5) / 40 = 2; 40 images in 2 s; 0.4 s of 2 s.
    assertThat(soFar.inWords())
        .isEqualTo("box 2.000  obj 0.000  cls 0.000  20.0 images/s  loss 20.0 % of step");
  }

  @Test
  void aCommaLocaleChangesNothing() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      meansAreWeightedByImages();
      plainLinesBeatEveryHalfMinuteAndEndEachEpoch();
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void eachEpochHasABarThatIsDrawnAndClosed() {
    List<String> drawn = new CopyOnWriteArrayList<>();
    AtomicInteger closed = new AtomicInteger();
    ProgressBarConsumer screen =
        new DelegatingProgressBarConsumer(drawn::add, 160) {
          @Override
          public void close() {
            closed.incrementAndGet();
          }
        };
    ProgressBars progress = new ProgressBars(out, () -> screen);
    for (int epoch = 1; epoch <= 2; epoch++) {
      progress.epochStarted(epoch, 2, 5);
      for (int batch = 1; batch <= 5; batch++) {
        progress.batchDone(step(batch, LOSSES));
      }
      progress.epochFinished(Samples.report(epoch, LOSSES, Precision.NOT_EVALUATED));
      assertThat(closed).hasValue(epoch);
      assertThat(drawn.getLast())
          .contains("epoch " + epoch + "/2", "5/5", "100%")
          .contains("box 1.00 obj 4.00 cls 2.00 32 img/s loss 10%");
    }
    assertThat(lines()).hasSize(2);
  }

  @Test
  void eightyColumnsHoldEverything() {
    List<String> drawn = new CopyOnWriteArrayList<>();
    try (TrainingProgress progress =
        new ProgressBars(out, () -> new DelegatingProgressBarConsumer(drawn::add, 80))) {
      progress.epochStarted(100, 300, 50);
      progress.batchDone(step(10, LOSSES));
    }
    assertThat(drawn.getLast())
        .startsWith("100/300")
        .endsWith("box 1.00 obj 4.00 cls 2.00 32 img/s loss 10%");
  }

  @Test
  void aBarClosedAtOnceOrTwiceLetsGoOfTheTerminalOnce() {
    // Whether the bar was drawn before it closes is a race inside the library: try both sides.
    for (int i = 0; i < 50; i++) {
      AtomicInteger closed = new AtomicInteger();
      ProgressBarConsumer screen =
          new DelegatingProgressBarConsumer(line -> {}, 160) {
            @Override
            public void close() {
              closed.incrementAndGet();
            }
          };
      ProgressBars progress = new ProgressBars(out, () -> screen);
      progress.epochStarted(1, 1, 5);
      progress.close();
      progress.close();
      assertThat(closed).hasValue(1);
    }
  }

  @Test
  void aBatchOutsideAnEpochIsAnError() {
    try (TrainingProgress progress = ProgressBars.on(out)) {
      assertThatIllegalStateException()
          .isThrownBy(() -> progress.batchDone(step(1, LOSSES)))
          .withMessageContaining("epochStarted");
    }
  }

  @Test
  void impossibleReportsAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new StepReport(0, 1, LOSSES, 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new StepReport(1, 0, LOSSES, 1, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new StepReport(1, 1, LOSSES, Double.NaN, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Samples.report(0, LOSSES, Precision.NOT_EVALUATED));
  }
}
