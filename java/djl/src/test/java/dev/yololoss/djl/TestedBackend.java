package dev.yololoss.djl;

import dev.yololoss.Backend;
import dev.yololoss.BackendUnavailableException;
import dev.yololoss.LossOperations;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which backend the tests of the bridge run on: the build runs them once for each. */
final class TestedBackend {
  static final Backend BACKEND =
      Backend.valueOf(System.getProperty("yololoss.tested.backend", Backend.REFERENCE.name()));

  private TestedBackend() {}

  /**
   * Whether the emulated device was built, where the property names its driver. Where NATIVE works
   * it was, and its absence fails.
   */
  static boolean isThere() {
    String driver = System.getProperty("yololoss.cuda.driver");
    return driver == null || Files.exists(Path.of(driver)) || isNativeThere();
  }

  /** Whether this is the run on the emulated device, whose memory is the machine's own. */
  static boolean isEmulated() {
    return BACKEND == Backend.CUDA
        && System.getProperty("yololoss.cuda.driver") != null
        && isThere();
  }

  private static boolean isNativeThere() {
    try (LossOperations operations = LossOperations.open(Backend.NATIVE)) {
      return operations != null;
    } catch (BackendUnavailableException e) {
      return false;
    }
  }
}
