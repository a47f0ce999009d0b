package dev.yololoss.cuda;

import dev.yololoss.Backend;
import dev.yololoss.CudaBinding;
import dev.yololoss.EngineOptions;
import dev.yololoss.NativeInThisBuild;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether there is an emulated device, for tests that need its switches. Where NATIVE was built it
 * was built too: one that is missing then, or does not work, is no reason to skip a test but fails.
 */
public final class EmulatedCuda {
  /** Why tests that need it are not run. */
  public static final String REASON =
      "needs the switches of the emulated CUDA device, which is not in use: the device is a real"
          + " one, or this was built without CMake or a C++ compiler";

  private EmulatedCuda() {}

  public static boolean isThere() {
    return isBuilt() && Emulator.isInUse();
  }

  /** Whether a driver is named that is there, or should be. */
  static boolean isBuilt() {
    String driver = System.getProperty(DriverLibrary.PROPERTY);
    return driver != null && (Files.exists(Path.of(driver)) || NativeInThisBuild.isThere());
  }

  static EngineOptions through(CudaBinding binding) {
    return EngineOptions.on(Backend.CUDA).with(binding);
  }
}
