package dev.yololoss.trainer.data;

/** The data cannot be used as it is; the message names the file and what to change. */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * With what a person is told.
   *
   * @param message one line
   */
  public DataException(String message) {
    super(message);
  }

  /**
   * Likewise, with what led to it.
   *
   * @param message one line
   */
  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
