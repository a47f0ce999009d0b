import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Builds the C++ tests in the folder where BuildNative has built the library, and runs them.
 *
 * <p>Usage: {@code java TestNative.java TARGET MODE SKIP} with a module's target folder, the mode
 * of the native build ({@code skip} leaves it out) and whether tests are skipped. Says so when
 * there is nothing to run: no native build, or no doctest.
 */
final class TestNative {
  public static void main(String[] args) throws IOException, InterruptedException {
    Path binary = Path.of(args[0]).toAbsolutePath().resolve("native");
    if (args[1].equals("skip") || Boolean.parseBoolean(args[2])) {
      System.out.println("The C++ tests are skipped, as asked");
    } else if (!Files.exists(binary.resolve("CMakeCache.txt"))) {
      System.out.println("The C++ tests are skipped: NATIVE was not built");
    } else if (!hasTests(binary)) {
      System.out.println(
          "The C++ tests are skipped: doctest is missing (Debian and Ubuntu: package doctest-dev)");
    } else {
      run(binary, List.of("cmake", "--build", ".", "--parallel", "--target", "yololoss_tests"));
      run(binary, List.of("ctest", "--output-on-failure"));
    }
  }

  /** CMake leaves a list of tests, empty without doctest. */
  private static boolean hasTests(Path binary) throws IOException {
    Path list = binary.resolve("tests/CTestTestfile.cmake");
    return Files.exists(list) && Files.readString(list).contains("add_test(");
  }

  private static void run(Path folder, List<String> command)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile("yololoss-native", ".log");
    int status =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    if (status != 0 || command.getFirst().equals("ctest")) {
      System.out.println(Files.readString(log));
    }
    Files.delete(log);
    if (status != 0) {
      System.err.println(String.join(" ", command) + " ended with status " + status);
      System.exit(1);
    }
  }
}
