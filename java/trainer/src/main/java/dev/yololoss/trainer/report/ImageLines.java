package dev.yololoss.trainer.report;

import java.io.PrintStream;
import java.util.function.LongSupplier;

/** For a log file: a line now and then. */
final class ImageLines implements ImageProgress {
  private final String task;
  private final int images;
  private final PrintStream out;
  private final LongSupplier nanoseconds;
  private long lastLine;

  /**
   * @param nanoseconds a clock that only goes forward
   */
  ImageLines(String task, int images, PrintStream out, LongSupplier nanoseconds) {
    this.task = task;
    this.images = images;
    this.out = out;
    this.nanoseconds = nanoseconds;
    this.lastLine = nanoseconds.getAsLong();
  }

  @Override
  public void done(int seen) {
    if (nanoseconds.getAsLong() - lastLine >= PlainLines.HEARTBEAT.toNanos()) {
      out.println(task + "  " + seen + " of " + images + " images");
      lastLine = nanoseconds.getAsLong();
    }
  }

  @Override
  public void close() {
    out.flush();
  }
}
