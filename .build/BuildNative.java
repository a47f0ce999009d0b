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
 * Builds the native library and the kernels with CMake and puts them where the jar takes them from,
 * together with a class that knows the library's SHA-256 (the kernels' is in their properties); and
 * the emulated CUDA driver, for tests, in the folder emulator.
 *
 * <p>Usage: {@code java BuildNative.java SOURCE TARGET [MODE [ARCHITECTURES]]} with the folder of
 * CMakeLists.txt, a module's target folder, {@code build} or {@code skip}, and {@code all}, {@code
 * none} or compute capabilities as {@code 75,90} for the kernels. Without CMake or a C++ compiler
 * the Java parts still build; this says what is missing, and the class knows no library. Without
 * nvcc there are no kernels.
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
    boolean built =
        args.length < 3 || !args[2].equals("skip")
            ? build(source, target, args.length < 4 ? "all" : args[3])
            : skipped();
    Path installed = target.resolve("native/installed");
    if (built) {
      copy(installed.resolve(System.mapLibraryName("yololoss")), library);
    } else {
      Files.deleteIfExists(library);
    }
    boolean kernels = built && hasKernels(target.resolve("native"));
    for (String name : List.of("kernels.fatbin", "kernels.properties")) {
      Path file = target.resolve("classes/dev/yololoss/cuda").resolve(name);
      if (kernels) {
        copy(installed.resolve("kernels").resolve(name), file);
      } else {
        Files.deleteIfExists(file);
      }
    }
    writeDigest(
        target.resolve("generated-sources/native/dev/yololoss/host/HostLibraryDigest.java"),
        built ? sha256(library) : "");
  }

  private static boolean skipped() {
    System.out.println("NATIVE and CUDA are left out: native.build is skip");
    return false;
  }

  /** CMake leaves the reason where it leaves the kernels out. */
  private static boolean hasKernels(Path binary) throws IOException {
    Path reason = binary.resolve("kernels-left-out.txt");
    if (Files.exists(reason)) {
      System.out.println("CUDA is not built in: " + Files.readString(reason));
    }
    return !Files.exists(reason);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }

  private static boolean build(Path source, Path target, String architectures)
      throws IOException, InterruptedException {
    Path binary = target.resolve("native");
    for (List<String> tool : List.of(List.of("cmake", "--version"), List.of("c++", "--version"))) {
      if (!runs(tool)) {
        System.out.println(
            "NATIVE and CUDA are left out: there is no "
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
            "-DCMAKE_BUILD_TYPE=Release",
            // all: what CMake's own file says
            architectures.equals("all")
                ? "-UYOLOLOSS_CUDA_ARCHITECTURES"
                : "-DYOLOLOSS_CUDA_ARCHITECTURES=" + architectures.replace(',', ';')));
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
