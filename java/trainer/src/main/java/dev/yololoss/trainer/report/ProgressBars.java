package dev.yololoss.trainer.report;

import java.io.PrintStream;
import java.util.function.Supplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/** Progress for a person at a terminal: one bar per epoch, and the epoch's line below it. */
final class ProgressBars implements TrainingProgress {
  private static final int REDRAW_MILLISECONDS = 200;

  /** Columns from which there is room for more than the losses. */
  private static final int WIDE = 110;

  private final PrintStream out;
  private final Supplier<ProgressBarConsumer> terminal;
  private EpochSoFar soFar = new EpochSoFar();
  private int epochs;
  private Screen screen;
  private ProgressBar bar;

  /**
   * @param terminal makes what each bar is drawn on
   */
  ProgressBars(PrintStream out, Supplier<ProgressBarConsumer> terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  static ProgressBars on(PrintStream out) {
    return new ProgressBars(out, () -> new ConsoleProgressBarConsumer(out));
  }

  @Override
  public void epochStarted(int epoch, int epochs, int batches) {
    close();
    this.epochs = epochs;
    soFar = new EpochSoFar();
    screen = new Screen(terminal.get());
    boolean wide = screen.getMaxRenderedLength() >= WIDE;
    ProgressBarBuilder builder =
        new ProgressBarBuilder()
            .setTaskName((wide ? "epoch " : "") + epoch + "/" + epochs)
            .setInitialMax(batches)
            .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
            .setUpdateIntervalMillis(REDRAW_MILLISECONDS)
            .setConsumer(screen);
    bar = (wide ? builder : builder.hideEta()).build();
  }

  /**
   * @throws IllegalStateException outside an epoch
   */
  @Override
  public void batchDone(StepReport report) {
    if (bar == null) {
      throw new IllegalStateException("a batch outside an epoch: call epochStarted first");
    }
    soFar.add(report);
    bar.setExtraMessage(soFar.inShort());
    bar.stepTo(report.batch());
  }

  @Override
  public void epochFinished(EpochReport report) {
    close();
    out.println(EpochLine.of(report, epochs));
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      // A bar closed before it was first drawn spends that close on drawing.
      if (!screen.closed) {
        bar.close();
      }
      bar = null;
    }
  }

  /** What a bar is drawn on, and whether the bar has let go of it. */
  private static final class Screen extends DelegatingProgressBarConsumer {
    private final ProgressBarConsumer terminal;
    private volatile boolean closed;

    Screen(ProgressBarConsumer terminal) {
      super(terminal::accept, terminal.getMaxRenderedLength());
      this.terminal = terminal;
    }

    @Override
    public void close() {
      terminal.close();
      closed = true;
    }
  }
}
