package dev.yololoss.trainer.report;

import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;

/** For a person at a terminal. */
final class ImageBar implements ImageProgress {
  private final TerminalBar bar;
  private boolean closed;

  ImageBar(String task, int images, ProgressBarConsumer terminal) {
    bar =
        new TerminalBar(new ProgressBarBuilder().setTaskName(task).setInitialMax(images), terminal);
  }

  @Override
  public void done(int images) {
    bar.show(images, "images");
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      bar.close();
    }
  }
}
