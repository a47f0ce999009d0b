package dev.yololoss.benchmarks.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Runs a set of benchmarks in rounds, so that what is compared is measured in turn, and writes the
 * results: JMH's JSON, CSV, a table in Markdown and pictures.
 */
@Command(
    name = "benchmarks",
    mixinStandardHelpOptions = true,
    description = "Times the losses, the memory under them and other programs.")
public final class RunBenchmarks implements Callable<Integer> {
  private static final int QUICK_MILLISECONDS = 1000;
  private static final int FULL_MILLISECONDS = 250;

  @Option(
      names = "--full",
      arity = "1",
      defaultValue = "false",
      description = "every axis instead of the quick set")
  private boolean full;

  @Option(
      names = "--out",
      defaultValue = "benchmarks/results",
      description = "folder of the results")
  private Path out;

  @Spec private CommandSpec command;

  @Option(
      names = "--only",
      defaultValue = "",
      description = "only cases whose method and parameters contain this text")
  private String only;

  @Option(names = "--rounds", defaultValue = "2", description = "how often each case is run")
  private int rounds;

  @Option(
      names = "--milliseconds",
      description =
          "length of the warm-up and of each of two measurements (1000, with --full "
              + FULL_MILLISECONDS
              + ")")
  private Integer milliseconds;

  public static void main(String[] args) {
    System.exit(new CommandLine(new RunBenchmarks()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    List<Case> cases =
        (full ? FullSet.cases() : QuickSet.cases())
            .stream().filter(c -> c.toString().contains(only)).toList();
    if (cases.isEmpty()) {
      throw new ParameterException(
          command.commandLine(),
          "--only " + only + ": no case's method or parameters contain this");
    }
    List<RunResult> quick = new ArrayList<>();
    List<RunResult> others = new ArrayList<>();
    List<String> failed = new ArrayList<>();
    CaseRunner runner = new CaseRunner(TimeValue.milliseconds(duration()));
    for (int round = 1; round <= rounds; round++) {
      for (int n = 0; n < cases.size(); n++) {
        Case asked = cases.get(n);
        if (round > 1 && asked.kind() != Case.Kind.SAMPLED) {
          continue;
        }
        System.out.printf(
            Locale.ROOT,
            "round %d of %d, %d of %d: %s %s%n",
            round,
            rounds,
            n + 1,
            cases.size(),
            asked.method(),
            asked.params());
        try {
          Collection<RunResult> found = runner.run(asked);
          (QuickSet.cases().contains(asked) ? quick : others).addAll(found);
          Row.of(List.copyOf(found)).forEach(RunBenchmarks::print);
        } catch (RunnerException e) {
          e.printStackTrace();
          failed.add(asked.toString());
        }
      }
    }
    write(quick, others);
    failed.forEach(asked -> System.err.println("Failed, see above: " + asked));
    return failed.isEmpty() ? 0 : 1;
  }

  private int duration() {
    return milliseconds != null ? milliseconds : full ? FULL_MILLISECONDS : QUICK_MILLISECONDS;
  }

  /**
   * JMH's JSON, each result on a line, without its hundreds of thousands of samples and the
   * percentiles of single iterations; those of all are there.
   */
  private static String json(List<RunResult> results) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream json = new PrintStream(bytes, false, StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, json).writeOut(results);
    }
    return bytes
        .toString(StandardCharsets.UTF_8)
        .replaceAll("\\n {5,}", "")
        .replaceAll(",\\s*\"rawDataHistogram\" : \\[[^\"]*\\](?=\\s*\\})", "")
        .replaceAll("\"p[01]\\.\\d+\" : \\{[^{}]*(?:\\{[^{}]*\\}[^{}]*)*\\},?", "");
  }

  private static void print(Row row) {
    System.out.printf(Locale.ROOT, "    %.4g ms%n", row.median());
  }

  private void write(List<RunResult> quick, List<RunResult> others) throws IOException {
    Machine machine = Machine.here();
    List<RunResult> results = Stream.concat(quick.stream(), others.stream()).toList();
    List<Row> rows = Row.of(results);
    String name = machine.date() + "-" + machine.kind();
    Files.createDirectories(out);
    Files.writeString(out.resolve(name + ".json"), json(results));
    Files.writeString(out.resolve(name + ".csv"), CsvReport.of(rows, machine));
    String table = MarkdownReport.of(rows, machine);
    Files.writeString(out.resolve(name + ".md"), table);
    BarCharts.write(out, name, rows, Row.of(quick).size(), machine);
    System.out.println(table);
    System.out.println("Written to " + out.resolve(name) + ".*");
  }
}
