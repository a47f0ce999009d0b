package dev.yololoss.trainer.report;

import java.io.Console;

/** Where a training run shows how it is getting on. Called from the training thread only. */
public interface TrainingProgress extends AutoCloseable {
  /**
   * @param epoch counted from 1
   * @param epochs how many there will be
   * @param batches how many steps this epoch has
   */
  void epochStarted(int epoch, int epochs, int batches);

  /** After each step of the epoch. */
  void batchDone(StepReport report);

  /** After the last step and, where there is one, the evaluation. */
  void epochFinished(EpochReport report);

  /** Gives the terminal back as it was found; may be called twice, and in mid-epoch. */
  @Override
  void close();

  /** A progress bar when a person is watching, plain lines when the output goes elsewhere. */
  static TrainingProgress onStandardOutput() {
    Console console = System.console();
    return console != null && console.isTerminal()
        ? ProgressBars.on(System.out)
        : new PlainLines(System.out, System::nanoTime);
  }
}
