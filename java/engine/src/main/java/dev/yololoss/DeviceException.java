package dev.yololoss;

/**
 * The CUDA driver has refused a call. The message names function, status and what the driver says.
 */
public class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * @param status the {@code CUresult}
   */
  public DeviceException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The {@code CUresult}. */
  public int status() {
    return status;
  }
}
