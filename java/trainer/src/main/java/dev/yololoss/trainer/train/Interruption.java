package dev.yololoss.trainer.train;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ctrl-C: the run hears of it between two steps, and the machine waits until the run has put its
 * things away.
 */
public final class Interruption implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  private final AtomicBoolean asked = new AtomicBoolean();
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::askAndWait, "interruption");

  private Interruption() {}

  /** Hears of Ctrl-C from now on, until it is closed. */
  public static Interruption listening() {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /** Whether the run is to end after the step it is at; from any thread. */
  public boolean asked() {
    return asked.get();
  }

  private void askAndWait() {
    asked.set(true);
    try {
      if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("the run did not end within " + PATIENCE_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The run is over: the machine need not wait for it. */
  @Override
  public void close() {
    done.countDown();
    if (!asked()) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The machine is going down already; the hook will find the run done.
      }
    }
  }
}
