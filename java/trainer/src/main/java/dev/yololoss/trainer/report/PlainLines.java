package dev.yololoss.trainer.report;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Progress for a log file: a line per epoch, and one now and then while an epoch lasts. */
final class PlainLines implements TrainingProgress {
  static final Duration HEARTBEAT = Duration.ofSeconds(30);

  private final PrintStream out;
  private final LongSupplier nanoseconds;
  private EpochSoFar soFar = new EpochSoFar();
  private String name = "";
  private int epochs;
  private int batches;
  private long lastLine;

  /**
   * @param nanoseconds a clock that only goes forward
   */
  PlainLines(PrintStream out, LongSupplier nanoseconds) {
    this.out = out;
    this.nanoseconds = nanoseconds;
  }

  @Override
  public void epochStarted(int epoch, int epochs, int batches) {
    this.epochs = epochs;
    this.batches = batches;
    name = "epoch " + epoch + "/" + epochs;
    soFar = new EpochSoFar();
    lastLine = nanoseconds.getAsLong();
  }

  @Override
  public void batchDone(StepReport report) {
    soFar.add(report);
    if (nanoseconds.getAsLong() - lastLine >= HEARTBEAT.toNanos()) {
      print(name + "  batch " + report.batch() + "/" + batches + "  " + soFar.inWords());
    }
  }

  @Override
  public void epochFinished(EpochReport report) {
    print(EpochLine.of(report, epochs));
  }

  @Override
  public void close() {
    out.flush();
  }

  private void print(String line) {
    out.println(line);
    out.flush();
    lastLine = nanoseconds.getAsLong();
  }
}
