package dev.yololoss.cuda;

/**
 * Whether there is a device to test on: one whose driver's library is named, as the emulated one's
 * is; or, where the property {@value #OWN} is true, the machine's own, without which the tests
 * fail.
 */
public final class CudaDevice {
  /** Why tests of the backend CUDA are not run. */
  public static final String REASON =
      "no CUDA device is named, and there is no emulated one: built without CMake or a C++"
          + " compiler";

  private static final String OWN = "yololoss.gpu";

  private CudaDevice() {}

  public static boolean isThere() {
    return Boolean.getBoolean(OWN) || EmulatedCuda.isBuilt();
  }
}
