package dev.yololoss.cuda;

import dev.yololoss.Backend;
import dev.yololoss.CudaBinding;
import dev.yololoss.EngineOptions;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether there is an emulated device to test on. One that was built and does not work fails. */
public final class EmulatedCuda {
  /** Why tests of the backend CUDA are not run. */
  public static final String REASON =
      "built without CMake or a C++ compiler, so without the emulated CUDA device";

  private EmulatedCuda() {}

  public static boolean isThere() {
    String driver = System.getProperty(DriverLibrary.PROPERTY);
    return driver != null && Files.exists(Path.of(driver));
  }

  static EngineOptions through(CudaBinding binding) {
    return EngineOptions.on(Backend.CUDA).with(binding);
  }
}
