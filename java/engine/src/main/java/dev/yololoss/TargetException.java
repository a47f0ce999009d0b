package dev.yololoss;

/**
 * A target that no loss can be computed from. The message names row, field, value and allowed
 * range.
 */
public final class TargetException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final int row;

  /**
   * @param row of the target, from 0
   */
  public TargetException(int row, String message) {
    super("target row " + row + ": " + message);
    this.row = row;
  }

  /** The row, from 0. */
  public int row() {
    return row;
  }
}
