package dev.yololoss.cuda;

import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.List;

/**
 * The driver's library: that of the system, or the one that the property {@value #PROPERTY} names.
 */
final class DriverLibrary {
  /** Names a library to load instead of the system's. */
  static final String PROPERTY = "yololoss.cuda.driver";

  private static final String SYSTEM = "libcuda.so.1";
  private static final List<String> FOLDERS =
      List.of(
          "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64");

  /** There is no such library. The message says what to do. */
  static final class NotHere extends Exception {
    private static final long serialVersionUID = 1L;

    NotHere(String message) {
      super(message);
    }
  }

  private DriverLibrary() {}

  /** Which library is asked for, in words. */
  static String description() {
    String named = System.getProperty(PROPERTY);
    return named == null ? SYSTEM : named + " (property " + PROPERTY + ")";
  }

  /**
   * Loads the library, so that {@link System#load} and JCuda meet the same one afterwards.
   *
   * <p>The dynamic linker knows libraries by their soname: with a library called libcuda.so.1 in
   * the process, JCuda's own need for that name is met.
   */
  @SuppressWarnings("restricted") // loading a library is what this is for
  static SymbolLookup load() throws NotHere {
    String named = System.getProperty(PROPERTY);
    try {
      if (named == null) {
        return SymbolLookup.libraryLookup(SYSTEM, Arena.global());
      }
      Path file = Path.of(named).toAbsolutePath();
      System.load(file.toString());
      return SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalCallerException e) {
      throw new NotHere(
          "this JVM denies native access; start it with --enable-native-access="
              + (DriverLibrary.class.getModule().isNamed()
                  ? DriverLibrary.class.getModule().getName()
                  : "ALL-UNNAMED"));
    } catch (UnsatisfiedLinkError | IllegalArgumentException e) {
      throw new NotHere(
          named == null
              ? "there is no NVIDIA driver ("
                  + SYSTEM
                  + " is not found"
                  + elsewhere()
                  + "); install one, or in a container pass the host's"
              : description() + " cannot be loaded: " + e.getMessage());
    }
  }

  private static String elsewhere() {
    return FOLDERS.stream()
        .filter(folder -> new File(folder, SYSTEM).exists())
        .findFirst()
        .map(folder -> ", though it lies in " + folder + ": set LD_LIBRARY_PATH")
        .orElse("");
  }
}
