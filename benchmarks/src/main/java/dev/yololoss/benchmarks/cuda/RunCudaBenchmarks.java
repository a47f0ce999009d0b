package dev.yololoss.benchmarks.cuda;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs JMH's benchmarks of the backend CUDA through both bindings, and writes JMH's JSON. */
@Command(
    name = "run-cuda-benchmarks",
    mixinStandardHelpOptions = true,
    description = "Times calls of the backend CUDA.")
public final class RunCudaBenchmarks implements Callable<Integer> {
  /** Names the driver's library where it is not the system's. */
  private static final String DRIVER = "yololoss.cuda.driver";

  @Option(names = "--out", required = true, description = "file for the results")
  private Path out;

  @Option(
      names = "--tiny",
      description = "a tiny case for a moment: to see that everything runs, on an emulated device")
  private boolean tiny;

  public static void main(String[] args) {
    System.exit(new CommandLine(new RunCudaBenchmarks()).execute(args));
  }

  @Override
  public Integer call() throws RunnerException {
    TimeValue time = tiny ? TimeValue.milliseconds(50) : TimeValue.seconds(1);
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + CudaYoloLossBenchmark.class.getSimpleName() + "\\.")
            .shouldFailOnError(true)
            .warmupIterations(tiny ? 1 : 3)
            .warmupTime(time)
            .measurementIterations(tiny ? 1 : 5)
            .measurementTime(time)
            .result(out.toString())
            .resultFormat(ResultFormatType.JSON)
            .jvmArgsPrepend("--sun-misc-unsafe-memory-access=allow"); // JMH's own
    String driver = System.getProperty(DRIVER);
    if (driver != null) {
      options.jvmArgsAppend("--enable-native-access=ALL-UNNAMED", "-D" + DRIVER + "=" + driver);
    }
    if (tiny) {
      options.param("batch", "2").param("size", "64").param("classes", "3").param("targets", "5");
    }
    return new Runner(options.build()).run().isEmpty() ? 1 : 0;
  }
}
