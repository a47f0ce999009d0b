package dev.yololoss;

/**
 * An earlier error has left the device's context unusable for this process; the message names the
 * first. The engine does nothing any more but close.
 */
public final class DeviceLostException extends DeviceException {
  private static final long serialVersionUID = 1L;

  /**
   * @param first the error that the context did not survive
   */
  public DeviceLostException(DeviceException first) {
    super(
        first.status(),
        "the device is lost to this process: "
            + first.getMessage()
            + "; close the engine and restart the process");
    initCause(first);
  }
}
