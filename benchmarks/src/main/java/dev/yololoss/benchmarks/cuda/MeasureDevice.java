package dev.yololoss.benchmarks.cuda;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.yololoss.CudaBinding;
import dev.yololoss.CudaOptions;
import dev.yololoss.Diagnostics;
import dev.yololoss.Targets;
import dev.yololoss.cuda.KernelTimer;
import dev.yololoss.spec.LossSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.DoubleSupplier;
import jcuda.driver.CUdeviceptr;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Times steps, their kernels and the device's own copies by the device's clock, and writes JSON.
 *
 * <p>Calls are timed by JMH beside this: {@link CudaYoloLossBenchmark}.
 */
@Command(
    name = "measure-device",
    mixinStandardHelpOptions = true,
    description = "Times losses on a GPU by its own clock.")
public final class MeasureDevice implements Callable<Integer> {
  /**
   * What was measured.
   *
   * @param copiedBytesPerSecond read and written by a copy within the device, before and after the
   *     cases
   */
  record Report(
      String device,
      int driverVersion,
      String jdk,
      String when,
      CudaBinding binding,
      int repeats,
      List<Double> copiedBytesPerSecond,
      List<DeviceFigures> figures) {}

  private static final int BYTES_OF_COPY = 1 << 30;
  private static final int BYTES_OF_TINY_COPY = 1 << 20;

  @Option(names = "--out", required = true, description = "file for the results")
  private Path out;

  @Option(
      names = "--tiny",
      description = "tiny cases, few repeats: to see that everything runs, on an emulated device")
  private boolean tiny;

  @Option(names = "--repeats", defaultValue = "200", description = "of each measurement")
  private int repeats;

  @Option(names = "--binding", defaultValue = "PANAMA", description = "${COMPLETION-CANDIDATES}")
  private CudaBinding binding;

  public static void main(String[] args) {
    System.exit(new CommandLine(new MeasureDevice()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    List<DeviceFigures> figures = new ArrayList<>();
    try (Device device = new Device()) {
      double copied = copiedBytesPerSecond();
      for (DeviceCase work : tiny ? DeviceCase.tiny() : DeviceCase.all()) {
        DeviceFigures found = measure(work, copied);
        figures.add(found);
        System.out.printf(
            Locale.ROOT,
            "%s: %.1f us, cold %.1f us, %.0f %% of the copy's rate%n",
            work,
            found.step().p50(),
            found.coldStep().p50(),
            100 * found.shareOfCopy());
      }
      Report report =
          new Report(
              device.name(),
              device.driverVersion(),
              Runtime.version().toString(),
              Instant.now().toString(),
              binding,
              repeats,
              List.of(copied, copiedBytesPerSecond()),
              figures);
      Files.writeString(
          out, new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(report));
    }
    return 0;
  }

  private double copiedBytesPerSecond() {
    long bytes = tiny ? BYTES_OF_TINY_COPY : BYTES_OF_COPY;
    // apart, so that its memory is free again before the cases
    try (Device memory = new Device()) {
      CUdeviceptr from = memory.allocate(bytes);
      CUdeviceptr to = memory.allocate(bytes);
      memory.fill(from, bytes);
      Spread times = spread(() -> memory.timeAlone(() -> {}, () -> memory.copy(to, from, bytes)));
      return 2e6 * bytes / times.p50();
    }
  }

  private DeviceFigures measure(DeviceCase work, double copied) {
    try (DeviceStep step = new DeviceStep(work, binding)) {
      Device device = step.device();
      Diagnostics found = step.run().diagnostics();
      Spread warm = spread(() -> device.timeAlone(step::run, step::run));
      Spread cold = spread(() -> device.timeAlone(step::cool, step::run));
      double queued =
          device.time(
                  () -> {
                    for (int n = 0; n < repeats; n++) {
                      step.run();
                    }
                  })
              / repeats;
      Spread call =
          spread(
              () -> {
                double took = microseconds(step::run);
                device.synchronize();
                return took;
              });
      Spread endToEnd = spread(() -> microseconds(() -> step.run().total()));
      LossSpec spec = work.spec();
      long bytes = SparseBytes.of(spec, step.predictions(), found, work.kept());
      Map<String, Spread> kernels = work.kept() ? kernels(work, step) : Map.of();
      double rate = 1e6 * bytes / cold.p50();
      return new DeviceFigures(
          work,
          found.positives(),
          kernels,
          kernels.size(),
          warm,
          cold,
          queued,
          call,
          endToEnd,
          bytes,
          rate,
          rate / copied);
    }
  }

  private Map<String, Spread> kernels(DeviceCase work, DeviceStep step) {
    Map<String, List<Double>> times = new LinkedHashMap<>();
    try (KernelTimer timer =
        new KernelTimer(
            work.spec(),
            CudaOptions.standard().with(binding),
            step.predictions(),
            step.device().like(step.predictions()),
            work.targets())) {
      timer.step(step.targets()); // clears everything
      for (int n = 0; n < repeats; n++) {
        Targets targets = step.targets();
        timer
            .step(targets)
            .forEach(
                (kernel, time) -> times.computeIfAbsent(kernel, _ -> new ArrayList<>()).add(time));
      }
    }
    Map<String, Spread> spreads = new LinkedHashMap<>();
    times.forEach(
        (kernel, samples) ->
            spreads.put(
                kernel, Spread.of(samples.stream().mapToDouble(Double::doubleValue).toArray())));
    return spreads;
  }

  /** A tenth more at first, which is not counted. */
  private Spread spread(DoubleSupplier measurement) {
    for (int n = 0; n < repeats / 10; n++) {
      measurement.getAsDouble();
    }
    double[] samples = new double[repeats];
    for (int n = 0; n < repeats; n++) {
      samples[n] = measurement.getAsDouble();
    }
    return Spread.of(samples);
  }

  private static double microseconds(Runnable work) {
    long begin = System.nanoTime();
    work.run();
    return (System.nanoTime() - begin) / 1000.0;
  }
}
