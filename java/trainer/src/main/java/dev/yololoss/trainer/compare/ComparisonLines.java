package dev.yololoss.trainer.compare;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.LongSupplier;

/** For a log file: a line per run, and one now and then while a run lasts. */
final class ComparisonLines extends ComparisonSteps {
  static final Duration HEARTBEAT = Duration.ofSeconds(30);

  private final PrintStream out;
  private final LongSupplier nanoseconds;
  private long firstSteps = -1;
  private long firstTime;
  private long lastLine;

  /**
   * @param nanoseconds a clock that only goes forward
   */
  ComparisonLines(PrintStream out, LongSupplier nanoseconds) {
    this.out = out;
    this.nanoseconds = nanoseconds;
  }

  @Override
  void show(long steps) {
    long now = nanoseconds.getAsLong();
    if (firstSteps < 0) {
      firstSteps = steps;
      firstTime = now;
      lastLine = now;
    }
    if (now - lastLine >= HEARTBEAT.toNanos() && steps > firstSteps) {
      double left = (double) (allSteps() - steps) / (steps - firstSteps) * (now - firstTime);
      say(
          "%s  | all %d %%, about %d min left"
              .formatted(now(), 100 * steps / allSteps(), Math.round(left / 60e9)));
    }
  }

  @Override
  void say(String line) {
    out.println(line);
    out.flush();
    lastLine = nanoseconds.getAsLong();
  }

  @Override
  public void close() {
    out.flush();
  }
}
