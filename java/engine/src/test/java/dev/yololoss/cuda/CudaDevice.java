package dev.yololoss.cuda;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether there is a device to test on: one whose driver's library is named, as the emulated one's
 * is; or, where the property {@value #OWN} is true, the machine's own, without which the tests
 * fail.
 */
public final class CudaDevice {
  /** Why tests of the backend CUDA are not run. */
  public static final String REASON = EmulatedCuda.REASON;

  private static final String OWN = "yololoss.gpu";

  private CudaDevice() {}

  public static boolean isThere() {
    String driver = System.getProperty(DriverLibrary.PROPERTY);
    return Boolean.getBoolean(OWN) || driver != null && Files.exists(Path.of(driver));
  }
}
