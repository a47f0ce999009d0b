package dev.yololoss.benchmarks.cuda;

import dev.yololoss.CudaBinding;
import dev.yololoss.LossResult;
import dev.yololoss.benchmarks.WorkloadAxes;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a training step's loss on a GPU takes of the thread that asks for it. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class CudaYoloLossBenchmark {
  /** The standard workload on the device; every axis is a parameter. */
  @State(Scope.Thread)
  public static class Step extends WorkloadAxes {
    @Param({"JCUDA", "PANAMA"})
    public CudaBinding binding;

    private DeviceStep step;

    @Setup(Level.Trial)
    public void open() {
      step =
          new DeviceStep(
              new DeviceCase(preset, batch, size, classes, targets, layout, type, true), binding);
    }

    /** The device has nothing to do when a call begins. */
    @Setup(Level.Invocation)
    public void settle() {
      step.device().synchronize();
    }

    @TearDown(Level.Trial)
    public void close() {
      step.close();
    }
  }

  /** Putting a step on the stream, without waiting for it. */
  @Benchmark
  public LossResult call(Step state) {
    return state.step.run();
  }

  /** A step and the wait for its loss. */
  @Benchmark
  public double callAndTotal(Step state) {
    return state.step.run().total();
  }
}
