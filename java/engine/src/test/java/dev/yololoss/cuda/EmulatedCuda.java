package dev.yololoss.cuda;

import dev.yololoss.Backend;
import dev.yololoss.CudaBinding;
import dev.yololoss.EngineOptions;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether there is an emulated device, for tests that need its switches. One that was built and
 * does not work fails.
 */
public final class EmulatedCuda {
  /** Why tests of the backend CUDA are not run. */
  public static final String REASON =
      "there is no emulated CUDA device, which needs CMake and a C++ compiler";

  private EmulatedCuda() {}

  public static boolean isThere() {
    String driver = System.getProperty(DriverLibrary.PROPERTY);
    return driver != null && Files.exists(Path.of(driver)) && Emulator.isInUse();
  }

  static EngineOptions through(CudaBinding binding) {
    return EngineOptions.on(Backend.CUDA).with(binding);
  }
}
