package dev.yololoss;

/**
 * There is not enough memory, of the device or pinned memory of this machine. The step that failed
 * has computed nothing; the engine computes on, with the next step as if it were its first.
 */
public final class OutOfDeviceMemoryException extends DeviceException {
  private static final long serialVersionUID = 1L;
  private static final long UNKNOWN = -1;

  private final long wanted;
  private final long free;
  private final long total;

  /**
   * Memory of the device is short.
   *
   * @param status the {@code CUresult}
   * @param what which memory
   * @param wanted bytes that were asked for
   * @param free bytes that were free on the device
   * @param total bytes that the device has
   */
  public OutOfDeviceMemoryException(int status, String what, long wanted, long free, long total) {
    super(
        status,
        "out of memory: wanted "
            + wanted
            + " bytes of "
            + what
            + "; free on the device are "
            + free
            + " of "
            + total);
    this.wanted = wanted;
    this.free = free;
    this.total = total;
  }

  /**
   * Memory that is not the device's own is short.
   *
   * @param status the {@code CUresult}
   * @param what which memory
   * @param wanted bytes that were asked for
   */
  public OutOfDeviceMemoryException(int status, String what, long wanted) {
    super(status, "out of memory: wanted " + wanted + " bytes of " + what);
    this.wanted = wanted;
    this.free = UNKNOWN;
    this.total = UNKNOWN;
  }

  /**
   * The driver is short of memory for work of its own.
   *
   * @param work for which
   * @param cause what the driver has said
   */
  public OutOfDeviceMemoryException(String work, DeviceException cause) {
    super(cause.status(), "out of memory: " + work + ": " + cause.getMessage());
    initCause(cause);
    this.wanted = UNKNOWN;
    this.free = UNKNOWN;
    this.total = UNKNOWN;
  }

  /** Bytes that were asked for; -1 if the driver alone knows. */
  public long wanted() {
    return wanted;
  }

  /** Bytes that were free on the device; -1 if something else was short. */
  public long free() {
    return free;
  }

  /** Bytes that the device has; -1 if something else was short. */
  public long total() {
    return total;
  }
}
