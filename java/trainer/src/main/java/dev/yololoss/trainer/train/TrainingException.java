package dev.yololoss.trainer.train;

/** A run cannot start or go on as it was asked for; the message says why and is one line. */
public final class TrainingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * With what a person is told.
   *
   * @param message one line
   */
  public TrainingException(String message) {
    super(message);
  }

  /**
   * Likewise, with what led to it.
   *
   * @param message one line
   */
  public TrainingException(String message, Throwable cause) {
    super(message, cause);
  }
}
