package dev.yololoss;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of its own, for what can only be tried once per JVM or could end it. */
public record ForkedJvm(int exitCode, String output) {
  public static ForkedJvm run(List<String> options, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    return run(options, List.of(), main, arguments);
  }

  /** With folders before everything else on the class path. */
  public static ForkedJvm run(
      List<String> options, List<Path> classPathFirst, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    List<String> classPath = new ArrayList<>(classPathFirst.stream().map(Path::toString).toList());
    classPath.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:-CreateCoredumpOnCrash");
    command.addAll(options);
    command.addAll(List.of("-cp", String.join(System.getProperty("path.separator"), classPath)));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("no end after the last output: " + output);
    }
    return new ForkedJvm(process.exitValue(), output);
  }
}
