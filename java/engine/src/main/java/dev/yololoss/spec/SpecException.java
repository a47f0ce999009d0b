package dev.yololoss.spec;

/**
 * A loss description that is not legal. The message names the field, its value and what is allowed.
 */
public final class SpecException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message names the field, its value and what is allowed
   */
  public SpecException(String message) {
    super(message);
  }

  SpecException(String message, Throwable cause) {
    super(message, cause);
  }
}
