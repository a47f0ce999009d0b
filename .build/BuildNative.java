import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * Builds the native library with CMake and puts it where the jar takes it from, together with a
 * class that knows its SHA-256; and the emulated CUDA driver, for tests, in the folder emulator.
 *
 * <p>Usage: {@code java BuildNative.java SOURCE TARGET} with the folder of CMakeLists.txt and a
 * module's target folder. Without CMake or a C++ compiler the Java parts still build; this says
 * what is missing, and the class knows no library.
 */
final class BuildNative {
  private static final String DIGEST_CLASS =
      """
      package dev.yololoss.host;

      /** The SHA-256 of the native library in this jar; empty if it was built without one. */
      final class HostLibraryDigest {
        static final String SHA256 = "%s";

        private HostLibraryDigest() {}
      }
      """;

  public static void main(String[] args)
      throws IOException, InterruptedException, NoSuchAlgorithmException {
    Path source = Path.of(args[0]).toAbsolutePath();
    Path target = Path.of(args[1]).toAbsolutePath();
    Path library =
        target
            .resolve("classes/dev/yololoss/native")
            .resolve(platform())
            .resolve(System.mapLibraryName("yololoss"));
    boolean built = args.length < 3 || !args[2].equals("skip") ? build(source, target) : skipped();
    if (built) {
      Files.createDirectories(library.getParent());
      Files.copy(
          target.resolve("native/installed").resolve(System.mapLibraryName("yololoss")),
          library,
          StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.deleteIfExists(library);
    }
    writeDigest(
        target.resolve("generated-sources/native/dev/yololoss/host/HostLibraryDigest.java"),
        built ? sha256(library) : "");
  }

  private static boolean skipped() {
    System.out.println("NATIVE is left out: native.build is skip");
    return false;
  }

  private static boolean build(Path source, Path target) throws IOException, InterruptedException {
    Path binary = target.resolve("native");
    for (List<String> tool : List.of(List.of("cmake", "--version"), List.of("c++", "--version"))) {
      if (!runs(tool)) {
        System.out.println(
            "NATIVE is left out: there is no "
                + tool.getFirst()
                + " (needed are cmake 3.22, make and a C++20 compiler)");
        return false;
      }
    }
    Files.createDirectories(binary);
    run(
        List.of(
            "cmake",
            "-S",
            source.toString(),
            "-B",
            binary.toString(),
            "-DCMAKE_INSTALL_PREFIX=" + binary.resolve("installed"),
            "-DYOLOLOSS_EMULATOR_OUTPUT=" + target.resolve("emulator"),
            "-DCMAKE_BUILD_TYPE=Release"));
    run(List.of("cmake", "--build", binary.toString(), "--parallel", "--target", "install"));
    return true;
  }

  private static boolean runs(List<String> command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Path log = Files.createTempFile("yololoss-native", ".log");
    int status =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    if (status != 0) {
      System.err.println(Files.readString(log));
      System.err.println(String.join(" ", command) + " ended with status " + status);
      System.exit(1);
    }
    Files.delete(log);
  }

  private static void writeDigest(Path file, String sha256) throws IOException {
    String text = DIGEST_CLASS.formatted(sha256);
    Files.createDirectories(file.getParent());
    if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      Files.writeString(file, text);
    }
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  /** As HostLibraryPlace.Platform names it. */
  private static String platform() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT).replaceAll("\\s.*", "");
    String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return system + "-" + (processor.equals("amd64") ? "x86_64" : processor);
  }
}
