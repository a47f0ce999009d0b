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
  /** Why tests of the backend CUDA are not run. */
  public static final String REASON =
      "built without CMake or a C++ compiler, so without the emulated CUDA device";

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
