package dev.yololoss.trainer.compare;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.Supplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * For a person at a terminal: one bar over all runs, with a line above it for each finished one.
 */
final class ComparisonBar extends ComparisonSteps {
  private static final int REDRAW_MILLISECONDS = 200;

  private final PrintStream out;
  private final Supplier<ProgressBarConsumer> terminal;
  private long shown;
  private ProgressBar bar;

  /**
   * @param terminal makes what a bar is drawn on
   */
  ComparisonBar(PrintStream out, Supplier<ProgressBarConsumer> terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  static ComparisonBar on(PrintStream out) {
    return new ComparisonBar(out, () -> new ConsoleProgressBarConsumer(out));
  }

  @Override
  void show(long steps) {
    shown = steps;
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("all runs")
              .setInitialMax(allSteps())
              .startsFrom(steps, Duration.ZERO)
              .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
              .setUpdateIntervalMillis(REDRAW_MILLISECONDS)
              .setConsumer(terminal.get())
              .build();
    }
    bar.setExtraMessage(now());
    bar.stepTo(steps);
  }

  /** Below the bar as it then stands; the next one begins where it ended. */
  @Override
  void say(String line) {
    close();
    out.println(line);
    show(shown);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
