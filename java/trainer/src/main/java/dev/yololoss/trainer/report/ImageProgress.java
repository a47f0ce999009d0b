package dev.yololoss.trainer.report;

import java.io.Console;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;

/** Where is shown how many images have been looked at. Called from one thread only. */
public interface ImageProgress extends AutoCloseable {
  /**
   * @param images since the start
   */
  void done(int images);

  /** Gives the terminal back as it was found; may be called twice. */
  @Override
  void close();

  /**
   * A progress bar when a person is watching, a line now and then when the output goes elsewhere.
   *
   * @param task what is done, in a word or two
   * @param images how many there are
   */
  static ImageProgress onStandardOutput(String task, int images) {
    Console console = System.console();
    return console != null && console.isTerminal()
        ? new ImageBar(task, images, new ConsoleProgressBarConsumer(System.out))
        : new ImageLines(task, images, System.out, System::nanoTime);
  }
}
