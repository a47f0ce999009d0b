import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Unpacks the GPU bundle and runs it on the emulated device; then again with what must make it
 * fail.
 *
 * <p>Usage: {@code java TryBundle.java ROOT} with the project's folder, after {@code
 * PackBundle.java}.
 */
final class TryBundle {
  private static final int MOST_FILES = 8;

  /** How the emulated device begins what it says: faults, leaks, functions that it lacks. */
  private static final String COMPLAINT = "yololoss emulated device: ";

  public static void main(String[] args) throws IOException, InterruptedException {
    Path root = Path.of(args[0]).toRealPath();
    Path driver = root.resolve("java/engine/target/emulator/libcuda.so.1");
    Path packed = root.resolve("target/yololoss-gpu.tar.xz");
    Path folder = Files.createTempDirectory("yololoss-bundle");
    try {
      require(0, run(folder, Map.of(), List.of("tar", "-xJf", packed.toString())), "unpacking");
      Path script = folder.resolve("yololoss-gpu/run.sh");
      passes(folder, script, driver);
      fails(folder, script, "a driver that is not there", Map.of(), folder.resolve("none.so"));
      fails(
          folder,
          script,
          "a device that is too old",
          Map.of("YOLOLOSS_EMULATOR", "compute_major=5"),
          driver);
      failingTestsFail(folder, script.getParent(), driver);
      faultsAreTold(folder, script.getParent(), driver);
      System.out.println("The bundle runs on the emulated device, and fails where it must");
    } finally {
      delete(folder);
    }
  }

  private static void passes(Path folder, Path script, Path driver)
      throws IOException, InterruptedException {
    Path results = folder.resolve("results");
    Path tools = sanitizer(folder);
    Map<String, String> environment =
        Map.of("PATH", tools + File.pathSeparator + System.getenv("PATH"));
    int status = run(folder, environment, command(script, driver, results));
    String steps = Files.readString(results.resolve("steps.json"));
    if (status != 0) {
      System.err.println(Files.readString(results.resolve("log.txt")));
    }
    require(0, status, "run.sh, whose steps are " + steps);
    for (String step : List.of("machine", "suites", "device", "calls", "memcheck", "racecheck")) {
      contains(steps, "\"" + step + "\": \"passed\"", "steps.json");
    }
    contains(Files.readString(results.resolve("machine.json")), "mulated", "machine.json");
    String suites = Files.readString(results.resolve("suites.json"));
    contains(suites, "\"failures\" : [ ]", "suites.json");
    for (String name : List.of("CudaParityTest", "CudaGoldenCasesTest", "CudaRepeatTest")) {
      contains(suites, name, "suites.json");
    }
    contains(Files.readString(results.resolve("device.json")), "\"yolo_loss\"", "device.json");
    contains(Files.readString(results.resolve("calls.json")), "callAndTotal", "calls.json");
    try (Stream<Path> files = Files.list(results)) {
      List<Path> all = files.toList();
      if (all.size() > MOST_FILES) {
        throw new IllegalStateException("There are more than " + MOST_FILES + " results: " + all);
      }
    }
    String log = Files.readString(results.resolve("log.txt"));
    if (log.contains(COMPLAINT)) {
      throw new IllegalStateException("The emulated device complains:\n" + log);
    }
  }

  private static void fails(
      Path folder, Path script, String why, Map<String, String> environment, Path driver)
      throws IOException, InterruptedException {
    Path results = folder.resolve("failed-results");
    require(1, run(folder, environment, command(script, driver, results)), why);
    contains(
        Files.readString(results.resolve("steps.json")), "\"machine\": \"failed\"", "steps.json");
  }

  /** A device with next to no memory fails the tests, and they the program that runs them. */
  private static void failingTestsFail(Path folder, Path bundle, Path driver)
      throws IOException, InterruptedException {
    Path results = folder.resolve("failed-suites.json");
    List<String> command = suites(bundle, driver, "CudaOperationsTest", results);
    require(1, run(folder, Map.of("YOLOLOSS_EMULATOR", "total_memory=1000"), command), "no memory");
    contains(Files.readString(results), "OutOfDeviceMemoryException", "failed-suites.json");
  }

  /** Swapped arguments, which a test plants, are a fault of which the log must speak. */
  private static void faultsAreTold(Path folder, Path bundle, Path driver)
      throws IOException, InterruptedException {
    Path log = folder.resolve("faults.txt");
    List<String> command =
        suites(bundle, driver, "CudaArgumentsTest", folder.resolve("faults.json"));
    require(0, run(folder, Map.of(), command, log), "a test that plants faults");
    contains(Files.readString(log), COMPLAINT + "kernel", "the log of planted faults");
  }

  private static List<String> suites(Path bundle, Path driver, String test, Path results) {
    return List.of(
        bundle.resolve("runtime/bin/java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-Dyololoss.cuda.driver=" + driver,
        "-cp",
        bundle.resolve("lib") + "/*:" + bundle.resolve("tests/engine"),
        "dev.yololoss.bundle.RunSuites",
        "--tests",
        bundle.resolve("tests/engine").toString(),
        "--classes",
        ".*\\." + test,
        "--out",
        results.toString());
  }

  /** Stands for NVIDIA's, which needs a real device: runs what it is given. */
  private static Path sanitizer(Path folder) throws IOException {
    Path tools = Files.createDirectories(folder.resolve("tools"));
    Files.writeString(
        tools.resolve("compute-sanitizer"),
        """
        #!/bin/sh
        case "$*" in
          *"memcheck"*"--report-api-errors no"*) ;;
          *memcheck*) echo "takes what the driver refuses for an error" >&2; exit 9 ;;
        esac
        while [ "${1#*/}" = "$1" ]; do shift; done
        exec "$@"
        """);
    Files.setPosixFilePermissions(
        tools.resolve("compute-sanitizer"), PosixFilePermissions.fromString("rwxr-xr-x"));
    return tools;
  }

  private static List<String> command(Path script, Path driver, Path results) {
    List<String> command = new ArrayList<>(List.of(script.toString(), "--quick"));
    command.addAll(List.of("--driver", driver.toString(), "--out", results.toString()));
    return command;
  }

  private static void require(int expected, int status, String what) {
    if (status != expected) {
      throw new IllegalStateException(
          what + " ended with status " + status + "; expected was " + expected);
    }
  }

  private static void contains(String text, String part, String file) {
    if (!text.contains(part)) {
      throw new IllegalStateException(file + " does not say " + part + ":\n" + text);
    }
  }

  private static int run(Path folder, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    return run(folder, environment, command, folder.resolve("output.txt"));
  }

  private static int run(
      Path folder, Map<String, String> environment, List<String> command, Path output)
      throws IOException, InterruptedException {
    ProcessBuilder process = new ProcessBuilder(command).directory(folder.toFile());
    process.environment().putAll(environment);
    // no Java but the bundle's
    process.environment().remove("JAVA_HOME");
    return process.redirectErrorStream(true).redirectOutput(output.toFile()).start().waitFor();
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }
}
