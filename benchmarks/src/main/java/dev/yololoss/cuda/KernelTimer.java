package dev.yololoss.cuda;

import dev.yololoss.CudaOptions;
import dev.yololoss.HeadTensor;
import dev.yololoss.NonFinitePolicy;
import dev.yololoss.Targets;
import dev.yololoss.spec.Ignore;
import dev.yololoss.spec.LossSpec;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A step as the engine makes it, but kernel by kernel and with the device's clock read between
 * them. Here, in the engine's package, because an engine shows nobody its kernels.
 */
public final class KernelTimer implements AutoCloseable {
  private static final int MOST_LAUNCHES = 3;
  private static final long BYTES_OF_FILLING = 16L << 20;
  private static final int MOST_FILLINGS = 1024;

  private final LossSpec spec;
  private final List<HeadTensor> predictions;
  private final List<HeadTensor> gradients;
  private final CudaContext context;
  private final Driver driver;
  private final CloseAll resources = new CloseAll();
  private final long stream;
  private final StepPlaces places;
  private final List<StepKernels> kernels;
  private final long[] events = new long[MOST_LAUNCHES + 1];
  private final DeviceMemory filled;
  private int fillings = 1;
  private int parity;
  private boolean keptIsClean;

  /**
   * @param predictions on the device
   * @param gradients on the device, and nobody else's
   * @param mostTargets of any step
   */
  public KernelTimer(
      LossSpec spec,
      CudaOptions options,
      List<HeadTensor> predictions,
      List<HeadTensor> gradients,
      int mostTargets) {
    if (!spec.classification().perClass().isEmpty()) {
      throw new IllegalArgumentException("weights of classes are not timed");
    }
    this.spec = spec;
    this.predictions = predictions;
    this.gradients = gradients;
    CudaPlatform platform = CudaPlatform.get(options);
    context = platform.context();
    driver = context.driver();
    context.enter();
    try {
      Arena arena = resources.add(Arena.ofShared());
      stream = resources.add(new Stream(driver, StreamKind.APART)).handle();
      KernelModule module = resources.add(platform.module());
      Ignore.Rule rule = spec.ignore().rule();
      kernels = List.of(new StepKernels(module, rule, arena), new StepKernels(module, rule, arena));
      PlanShape shape = PlanShape.of(spec, predictions, PlanShape.capacityFor(mostTargets, 0));
      DeviceMemory noWeights = resources.add(new DeviceMemory(context, 0));
      places = resources.add(new StepPlaces(context, spec, shape, noWeights, stream, false));
      for (int n = 0; n < kernels.size(); n++) {
        kernels.get(n).address(places.plan(), places.slot(n));
      }
      filled = resources.add(new DeviceMemory(context, BYTES_OF_FILLING));
      for (int n = 0; n < events.length; n++) {
        events[n] = driver.eventCreateTimed();
      }
    } finally {
      context.leave();
    }
  }

  /** Makes a step, and gives the microseconds of each of its kernels by name, in their order. */
  public Map<String, Double> step(Targets targets) {
    return context.call(() -> run(targets));
  }

  /**
   * On an idle stream the device would be done with one kernel before this machine has launched the
   * next, and wait: so it is given something to fill first, and more of it if it was at the first
   * event too early all the same. A step that is not timed comes between, so that its data are in
   * the caches.
   */
  private Map<String, Double> run(Targets targets) {
    while (true) {
      for (int n = 0; n < fillings; n++) {
        filled.fill((byte) 1, stream);
      }
      put(targets);
      List<String> launched = put(targets);
      boolean wasLate = driver.eventQuery(events[0]);
      driver.streamSynchronize(stream);
      if (!wasLate || fillings >= MOST_FILLINGS) {
        return times(launched);
      }
      fillings *= 2;
    }
  }

  private Map<String, Double> times(List<String> launched) {
    Map<String, Double> times = new LinkedHashMap<>();
    for (int n = 0; n < launched.size(); n++) {
      times.put(launched.get(n), 1000.0 * driver.eventElapsedTime(events[n], events[n + 1]));
    }
    return times;
  }

  /** Puts a step on the stream, and gives its kernels' names. */
  private List<String> put(Targets targets) {
    StepSlot slot = places.slot(parity);
    StepKernels mine = kernels.get(parity);
    DevicePlan plan = places.plan();
    slot.stage(targets);
    slot.stage(
        true,
        true,
        keptIsClean ? ClearMode.WRITTEN : ClearMode.WHOLE,
        NonFinitePolicy.REPORT,
        1,
        new double[0]);
    slot.stage(predictions, gradients);
    slot.upload(stream);
    List<String> launched = new ArrayList<>();
    driver.eventRecord(events[0], stream);
    launch(mine.assignTargets(), plan.assignBlocks(), launched);
    if (spec.ignore().rule() == Ignore.Rule.IOU_AT_LEAST) {
      launch(mine.searchIgnored(), plan.searchBlocks(), launched);
    }
    launch(mine.yoloLoss(), plan.lossBlocks(), launched);
    slot.download(stream);
    keptIsClean = true;
    parity = 1 - parity;
    return launched;
  }

  private void launch(Kernel kernel, int blocks, List<String> launched) {
    kernel.on(stream, blocks);
    launched.add(kernel.name());
    driver.eventRecord(events[launched.size()], stream);
  }

  @Override
  public void close() {
    context.closeWith(
        () -> {
          for (long event : events) {
            driver.eventDestroy(event);
          }
          resources.close();
        });
  }
}
