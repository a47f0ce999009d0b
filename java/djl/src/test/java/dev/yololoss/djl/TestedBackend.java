package dev.yololoss.djl;

import dev.yololoss.Backend;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which backend the tests of the bridge run on: the build runs them once for each. */
final class TestedBackend {
  static final Backend BACKEND =
      Backend.valueOf(System.getProperty("yololoss.tested.backend", Backend.REFERENCE.name()));

  private TestedBackend() {}

  /** The emulated device is there where the property names its driver. */
  static boolean isThere() {
    String driver = System.getProperty("yololoss.cuda.driver");
    return driver == null || Files.exists(Path.of(driver));
  }
}
