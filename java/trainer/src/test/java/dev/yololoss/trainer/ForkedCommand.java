package dev.yololoss.trainer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line in a process of its own, which can be killed.
 *
 * @param output standard output and error
 */
public record ForkedCommand(Process process, Path output) {
  /**
   * Starts it with the classes of this test.
   *
   * @param output new file
   */
  public static ForkedCommand start(Path output, String... arguments) throws IOException {
    return start(output, Path.of(""), List.of(), arguments);
  }

  /** Likewise, in this folder. */
  public static ForkedCommand startIn(Path folder, Path output, String... arguments)
      throws IOException {
    return start(output, folder, List.of(), arguments);
  }

  /**
   * Likewise, where no file may become larger than this: the system refuses to write more, as it
   * does on a full disk.
   */
  public static ForkedCommand startWithSmallFiles(Path output, int kibibytes, String... arguments)
      throws IOException {
    String limited = "ulimit -f " + kibibytes + " && exec \"$@\"";
    return start(output, Path.of(""), List.of("bash", "-c", limited, "bash"), arguments);
  }

  private static ForkedCommand start(
      Path output, Path folder, List<String> before, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(before);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-Djava.awt.headless=true",
            "-Xmx1g",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            CommandLine.class.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toAbsolutePath().toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    return new ForkedCommand(process, output);
  }

  /** Waits for the end; everything that was printed if the status is another than 0. */
  public void requireSuccess() throws IOException, InterruptedException {
    int status = process.waitFor();
    if (status != 0) {
      throw new AssertionError("exit status " + status + ":\n" + Files.readString(output));
    }
  }

  /** As {@code kill -9}. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
