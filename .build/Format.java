import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs google-java-format over every Java file below some folders, in a process of the JDK that
 * runs this program.
 *
 * <p>Usage: {@code java Format.java check|apply FORMATTER.jar FOLDER...} A missing folder is
 * skipped. Exit status 1 when {@code check} finds a file that {@code apply} would change.
 */
final class Format {
  private static final List<String> COMPILER_PACKAGES =
      List.of("api", "code", "file", "parser", "tree", "util");

  public static void main(String[] args) throws IOException, InterruptedException {
    boolean check =
        switch (args[0]) {
          case "check" -> true;
          case "apply" -> false;
          default ->
              throw new IllegalArgumentException(
                  "-Dformat=" + args[0] + ": allowed are check and apply");
        };
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String name : COMPILER_PACKAGES) {
      command.add("--add-exports=jdk.compiler/com.sun.tools.javac." + name + "=ALL-UNNAMED");
    }
    command.addAll(List.of("-jar", args[1]));
    command.addAll(check ? List.of("--dry-run", "--set-exit-if-changed") : List.of("--replace"));
    for (int i = 2; i < args.length; i++) {
      command.addAll(javaFiles(Path.of(args[i])));
    }
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (check && status != 0) {
      System.err.println("The files above are not formatted: run  mvn validate -N -Dformat=apply");
    }
    System.exit(status);
  }

  private static List<String> javaFiles(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .map(Path::toString)
          .filter(f -> f.endsWith(".java") && !f.contains("/target/"))
          .sorted()
          .toList();
    }
  }
}
