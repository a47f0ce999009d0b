package dev.yololoss.bundle;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs the tests of the backend CUDA out of their folders, and writes what came of them as JSON.
 */
@Command(
    name = "run-suites",
    mixinStandardHelpOptions = true,
    description = "Runs the tests of the backend CUDA.")
final class RunSuites implements Callable<Integer> {
  @Option(names = "--tests", required = true, description = "folders of test classes")
  private Set<Path> folders;

  @Option(
      names = "--classes",
      defaultValue = ".*",
      description = "regular expression of the classes' names")
  private String classes;

  @Option(names = "--out", description = "file for the results")
  private Path out;

  public static void main(String[] args) {
    System.exit(new CommandLine(new RunSuites()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    SuiteTally tally = new SuiteTally();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClasspathRoots(folders))
                .filters(ClassNameFilter.includeClassNamePatterns(classes))
                .build(),
            tally);
    System.out.printf(
        "%d tests, %d failed, %d skipped%n",
        tally.executed(), tally.failures().size(), tally.skipped().size());
    if (out != null) {
      Files.writeString(
          out,
          new ObjectMapper()
              .writerWithDefaultPrettyPrinter()
              .writeValueAsString(
                  Map.of(
                      "executed", tally.executed(),
                      "classes", tally.classes(),
                      "failures", tally.failures(),
                      "skipped", tally.skipped())));
    }
    return tally.executed() > 0 && tally.failures().isEmpty() ? 0 : 1;
  }
}
