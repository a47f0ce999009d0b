package dev.yololoss.cuda;

/**
 * Something of the driver's that one owner destroys. The context is current when it is made, used
 * and closed.
 */
abstract class DriverObject implements AutoCloseable {
  private final Driver driver;
  private final long handle;
  private boolean closed;

  DriverObject(Driver driver, long handle) {
    this.driver = driver;
    this.handle = handle;
  }

  final Driver driver() {
    return driver;
  }

  /**
   * The handle or address.
   *
   * @throws IllegalStateException after close
   */
  final long handle() {
    if (closed) {
      throw new IllegalStateException(getClass().getSimpleName() + " is closed");
    }
    return handle;
  }

  /** Gives the handle back to the driver. */
  abstract void destroy(long object);

  /** Idempotent. */
  @Override
  public final void close() {
    if (!closed) {
      closed = true;
      destroy(handle);
    }
  }
}
