package dev.yololoss;

/** A value that the loss reads, a gradient element or the loss itself is NaN or infinite. */
public final class NonFiniteException extends ArithmeticException {
  private static final long serialVersionUID = 1L;

  private final transient NonFinite where;

  /**
   * @param where the first such value
   */
  public NonFiniteException(NonFinite where) {
    super(where.toString());
    this.where = where;
  }

  public NonFinite where() {
    return where;
  }
}
