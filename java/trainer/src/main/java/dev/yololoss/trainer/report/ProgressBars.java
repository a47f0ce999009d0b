package dev.yololoss.trainer.report;

import java.io.PrintStream;
import java.util.function.Supplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;

/** Progress for a person at a terminal: one bar per epoch, and the epoch's line below it. */
final class ProgressBars implements TrainingProgress {
  /** Columns from which there is room for more than the losses. */
  private static final int WIDE = 110;

  private final PrintStream out;
  private final Supplier<ProgressBarConsumer> terminal;
  private EpochSoFar soFar = new EpochSoFar();
  private int epochs;
  private TerminalBar bar;

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
    ProgressBarConsumer drawn = terminal.get();
    boolean wide = drawn.getMaxRenderedLength() >= WIDE;
    ProgressBarBuilder builder =
        new ProgressBarBuilder()
            .setTaskName((wide ? "epoch " : "") + epoch + "/" + epochs)
            .setInitialMax(batches);
    bar = new TerminalBar(wide ? builder : builder.hideEta(), drawn);
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
    bar.show(report.batch(), soFar.inShort());
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
      bar = null;
    }
  }
}
