package dev.yololoss.trainer.train;

/** The network's output is no longer finite, so there is nothing left to train; one line. */
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DivergedException(String message, Throwable cause) {
    super(message, cause);
  }
}
