package dev.yololoss;

import java.util.Locale;

/**
 * Whether the native library was built. A library that was built and does not load is no reason to
 * skip a test: it fails.
 */
public final class NativeInThisBuild {
  /** Why tests of the backend NATIVE are not run. */
  public static final String REASON = "built without CMake or a C++ compiler, so without NATIVE";

  private NativeInThisBuild() {}

  public static boolean isThere() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT).replaceAll("\\s.*", "");
    String processor = System.getProperty("os.arch").replace("amd64", "x86_64");
    String file = System.mapLibraryName("yololoss");
    String resource = "/dev/yololoss/native/" + system + "-" + processor + "/" + file;
    return NativeInThisBuild.class.getResource(resource) != null;
  }
}
