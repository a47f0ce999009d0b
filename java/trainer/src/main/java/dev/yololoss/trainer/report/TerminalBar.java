package dev.yololoss.trainer.report;

import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/** One bar on a terminal, drawn until it is closed. */
final class TerminalBar implements AutoCloseable {
  private static final int REDRAW_MILLISECONDS = 200;

  private final Screen screen;
  private final ProgressBar bar;

  TerminalBar(ProgressBarBuilder builder, ProgressBarConsumer terminal) {
    screen = new Screen(terminal);
    bar =
        builder
            .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
            .setUpdateIntervalMillis(REDRAW_MILLISECONDS)
            .setConsumer(screen)
            .build();
  }

  void show(long done, String message) {
    bar.setExtraMessage(message);
    bar.stepTo(done);
  }

  @Override
  public void close() {
    bar.close();
    // A bar closed before it was first drawn spends that close on drawing.
    if (!screen.closed) {
      bar.close();
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
