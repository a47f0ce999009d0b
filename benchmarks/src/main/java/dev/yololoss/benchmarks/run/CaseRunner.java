package dev.yololoss.benchmarks.run;

import dev.yololoss.benchmarks.peers.TorchYolov5Benchmark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Hands one case to JMH. */
final class CaseRunner {
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  /** What the JVM itself allocates in the first moments is nothing beside this. */
  private static final TimeValue WITHOUT_THE_COMPILERS = TimeValue.seconds(3);

  private final TimeValue duration;

  CaseRunner(TimeValue duration) {
    this.duration = duration;
  }

  Collection<RunResult> run(Case asked) throws RunnerException, IOException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + asked.method().replace(".", "\\.") + "$")
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .jvmArgsPrepend(
                "--sun-misc-unsafe-memory-access=allow", // JMH's own
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")
            .jvm(asked.keepsMemory() ? javaThatKeepsMemory().toString() : JAVA);
    asked.params().forEach((name, value) -> options.param(name, value));
    switch (asked.kind()) {
      case SAMPLED -> timed(options, Mode.SampleTime);
      case ALLOCATION ->
          timed(options, Mode.AverageTime)
              .measurementTime(WITHOUT_THE_COMPILERS)
              .addProfiler(GCProfiler.class);
      case SLOW ->
          options.mode(Mode.SingleShotTime).forks(1).warmupIterations(1).measurementIterations(3);
      case FIRST_CALL -> {}
    }
    return new Runner(options.build()).run();
  }

  private ChainedOptionsBuilder timed(ChainedOptionsBuilder options, Mode mode) {
    return options
        .mode(mode)
        .forks(1)
        .warmupIterations(1)
        .warmupTime(duration)
        .measurementIterations(2)
        .measurementTime(duration);
  }

  /** JMH's processes inherit this one's environment, so what differs is set by a script. */
  private static Path javaThatKeepsMemory() throws IOException {
    Path script =
        Files.createTempFile(
            "java-keeping-memory",
            ".sh",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    script.toFile().deleteOnExit();
    String environment = String.join(" ", TorchYolov5Benchmark.Allocator.ENVIRONMENT);
    Files.writeString(script, "#!/bin/sh\nexec env " + environment + " " + JAVA + " \"$@\"\n");
    return script;
  }
}
