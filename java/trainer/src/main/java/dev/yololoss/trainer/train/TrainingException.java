package dev.yololoss.trainer.train;

/** A run cannot start or go on as it was asked for; the message says why and is one line. */
public final class TrainingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TrainingException(String message) {
    super(message);
  }

  public TrainingException(String message, Throwable cause) {
    super(message, cause);
  }
}
