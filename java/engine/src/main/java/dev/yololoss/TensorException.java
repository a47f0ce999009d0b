package dev.yololoss;

/**
 * A tensor that does not fit the loss or its own memory. The message names tensor, dimension, value
 * and what is allowed.
 */
public final class TensorException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message names tensor, dimension, value and what is allowed
   */
  public TensorException(String message) {
    super(message);
  }
}
