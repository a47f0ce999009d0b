package dev.yololoss.trainer.checkpoint;

/** A checkpoint cannot be used; the message names the file and says why. */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * With what a person is told.
   *
   * @param message one line
   */
  public CheckpointException(String message) {
    super(message);
  }

  /**
   * Likewise, with what led to it.
   *
   * @param message one line
   */
  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
