package dev.yololoss.cuda;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether there is a device to test on: the emulated one where the property of the driver's library
 * names it, else the machine's own, without which the tests fail.
 */
public final class CudaDevice {
  /** Why tests of the backend CUDA are not run. */
  public static final String REASON = EmulatedCuda.REASON;

  private CudaDevice() {}

  public static boolean isThere() {
    String driver = System.getProperty(DriverLibrary.PROPERTY);
    return driver == null || Files.exists(Path.of(driver));
  }
}
