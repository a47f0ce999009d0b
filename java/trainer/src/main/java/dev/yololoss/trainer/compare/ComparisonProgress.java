package dev.yololoss.trainer.compare;

import dev.yololoss.trainer.report.TrainingProgress;
import java.io.Console;

/** Where a comparison shows how it is getting on: one display for all its runs. */
public interface ComparisonProgress extends AutoCloseable {
  /**
   * @param runs how many there will be, those that are finished already included
   * @param steps of all of them
   */
  void planned(int runs, long steps);

  /** A run needs no work: it was finished by an earlier call. */
  void runSkipped(long steps);

  /**
   * @param number counted from 1
   */
  void runStarted(int number, String inWords, long steps);

  /** For the run that was started. */
  TrainingProgress epochs();

  /** A line says how. */
  void runFinished(String inWords);

  /** Gives the terminal back as it was found; may be called twice. */
  @Override
  void close();

  /** A progress bar when a person is watching, plain lines when the output goes elsewhere. */
  static ComparisonProgress onStandardOutput() {
    Console console = System.console();
    return console != null && console.isTerminal()
        ? ComparisonBar.on(System.out)
        : new ComparisonLines(System.out, System::nanoTime);
  }
}
