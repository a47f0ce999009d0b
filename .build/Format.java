import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs google-java-format over every Java file below some folders, in a process of the JDK that
 * runs this program, and clang-format over every C++ and CUDA file there.
 *
 * <p>Usage: {@code java Format.java check|apply FORMATTER.jar FOLDER...} A missing folder is
 * skipped. Exit status 1 when {@code check} finds a file that {@code apply} would change. Versions
 * of clang-format differ in what they make of a file, so one is the judge; without it C++ is left
 * as it is, which this says.
 */
final class Format {
  private static final List<String> COMPILER_PACKAGES =
      List.of("api", "code", "file", "parser", "tree", "util");

  private static final String CLANG_FORMAT_MAJOR = "14";

  public static void main(String[] args) throws IOException, InterruptedException {
    boolean check =
        switch (args[0]) {
          case "check" -> true;
          case "apply" -> false;
          default ->
              throw new IllegalArgumentException(
                  "-Dformat=" + args[0] + ": allowed are check and apply");
        };
    List<String> folders = List.of(args).subList(2, args.length);
    boolean formatted = formatJava(check, args[1], files(folders, ".java"));
    formatted &= formatCpp(check, files(folders, ".cpp", ".h", ".cu", ".cuh"));
    if (!formatted) {
      System.err.println(
          check
              ? "The files above are not formatted: run  mvn validate -N -Dformat=apply"
              : "Formatting failed");
      System.exit(1);
    }
  }

  private static boolean formatJava(boolean check, String formatter, List<String> files)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String name : COMPILER_PACKAGES) {
      command.add("--add-exports=jdk.compiler/com.sun.tools.javac." + name + "=ALL-UNNAMED");
    }
    command.addAll(List.of("-jar", formatter));
    command.addAll(check ? List.of("--dry-run", "--set-exit-if-changed") : List.of("--replace"));
    command.addAll(files);
    return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
  }

  private static boolean formatCpp(boolean check, List<String> files)
      throws IOException, InterruptedException {
    for (String program : List.of("clang-format-" + CLANG_FORMAT_MAJOR, "clang-format")) {
      if (version(program).contains("version " + CLANG_FORMAT_MAJOR + ".")) {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(check ? List.of("--dry-run", "-Werror") : List.of("-i"));
        command.addAll(files);
        return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
      }
    }
    System.out.println(
        "The formatting of C++ is left alone: there is no clang-format "
            + CLANG_FORMAT_MAJOR
            + " (Debian 12: package clang-format)");
    return true;
  }

  /** Empty if there is no such program. */
  private static String version(String program) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(program, "--version").start();
      String version = new String(process.getInputStream().readAllBytes());
      process.waitFor();
      return version;
    } catch (IOException e) {
      return "";
    }
  }

  private static List<String> files(List<String> folders, String... endings) throws IOException {
    List<String> found = new ArrayList<>();
    for (String folder : folders) {
      if (Files.isDirectory(Path.of(folder))) {
        try (Stream<Path> files = Files.walk(Path.of(folder))) {
          files
              .map(Path::toString)
              .filter(f -> Stream.of(endings).anyMatch(f::endsWith) && !f.contains("/target/"))
              .sorted()
              .forEach(found::add);
        }
      }
    }
    return found;
  }
}
