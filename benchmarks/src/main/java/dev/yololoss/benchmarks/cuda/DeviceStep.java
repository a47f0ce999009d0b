package dev.yololoss.benchmarks.cuda;

import dev.yololoss.Backend;
import dev.yololoss.CudaBinding;
import dev.yololoss.CudaOptions;
import dev.yololoss.EngineOptions;
import dev.yololoss.Gradients;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.Targets;
import dev.yololoss.benchmarks.Workload;
import java.util.List;
import java.util.stream.Stream;
import jcuda.driver.CUdeviceptr;

/** A workload on a device, an engine for it, and its steps on the device's stream. */
final class DeviceStep implements AutoCloseable {
  private static final int TARGET_SETS = 4;
  private static final long LEAST_SWEEP = 64L << 20;

  private final Device device = new Device();
  private final LossEngine engine;
  private final List<HeadTensor> predictions;
  private final List<Targets> targetSets;
  private final Gradients gradients;
  private final long sweepBytes;
  private final CUdeviceptr sweep;
  private int turn;

  DeviceStep(DeviceCase work, CudaBinding binding) {
    engine =
        LossEngine.open(
            work.spec(),
            EngineOptions.on(Backend.CUDA)
                .with(CudaOptions.standard().with(binding).on(device.stream())));
    try (Workload host =
        new Workload(
            work.spec(), work.batch(), work.size(), work.layout(), work.type(), work.targets())) {
      predictions = device.upload(host.predictions());
      targetSets = Stream.generate(host::targets).limit(TARGET_SETS).toList();
    }
    gradients = work.kept() ? engine.gradients() : Gradients.into(device.like(predictions));
    sweepBytes = Math.max(LEAST_SWEEP, 2 * device.secondLevelCacheBytes());
    sweep = device.allocate(sweepBytes);
  }

  Device device() {
    return device;
  }

  List<HeadTensor> predictions() {
    return predictions;
  }

  /** The next set of boxes. */
  Targets targets() {
    return targetSets.get(turn++ % TARGET_SETS);
  }

  /** Puts a step on the stream. */
  LossResult run() {
    return engine.compute(predictions, targets(), gradients);
  }

  /** Pushes everything else out of the device's second cache, as the network's layers do. */
  void cool() {
    device.fill(sweep, sweepBytes);
  }

  @Override
  public void close() {
    engine.close();
    device.close();
  }
}
