package dev.yololoss;

/** There is not enough memory. What failed has changed nothing; the engine computes on. */
public final class OutOfDeviceMemoryException extends DeviceException {
  private static final long serialVersionUID = 1L;

  private final long wanted;
  private final long free;
  private final long total;

  /**
   * @param what which memory
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

  /** Bytes that were asked for. */
  public long wanted() {
    return wanted;
  }

  /** Bytes that were free on the device. */
  public long free() {
    return free;
  }

  /** Bytes that the device has. */
  public long total() {
    return total;
  }
}
