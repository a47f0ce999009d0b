package dev.yololoss.host;

import static java.lang.foreign.ValueLayout.ADDRESS;

import dev.yololoss.DenseTensor;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.backend.OperationsExecutor;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The single operations in C++. Several threads may call: one computes, on all cores. */
public final class HostOperations implements OperationsExecutor {
  private final HostLibrary library = HostLibrary.get();
  private MemorySegment operations;

  public HostOperations(EngineOptions options) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment handle = call.allocate(ADDRESS);
      int status =
          (int)
              library.openOperations.invokeExact(
                  HostLibrary.threads(options), options.instructionSet().ordinal(), handle);
      library.check(status, "yl_open_operations");
      operations = handle.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw HostLibrary.impossible(e);
    }
  }

  @Override
  public synchronized void overlap(
      Overlap kind,
      OverlapConvention convention,
      DenseTensor a,
      DenseTensor b,
      DenseTensor value,
      Optional<DenseTensor> gradient) {
    try {
      int status =
          (int)
              library.overlap.invokeExact(
                  opened(),
                  kind.ordinal(),
                  convention.ordinal(),
                  a.rows(),
                  a.type().ordinal(),
                  offHeap("a", a),
                  b.type().ordinal(),
                  offHeap("b", b),
                  value.type().ordinal(),
                  offHeap("value", value),
                  type(gradient),
                  offHeap(gradient));
      library.check(status, "yl_overlap");
    } catch (Throwable e) {
      throw HostLibrary.impossible(e);
    }
  }

  @Override
  public synchronized void sigmoidBce(
      DenseTensor logits,
      DenseTensor targets,
      double positiveWeight,
      double gradientScale,
      DenseTensor value,
      Optional<DenseTensor> gradient) {
    try {
      int status =
          (int)
              library.sigmoidBce.invokeExact(
                  opened(),
                  logits.rows() * logits.columns(),
                  positiveWeight,
                  gradientScale,
                  logits.type().ordinal(),
                  offHeap("logits", logits),
                  targets.type().ordinal(),
                  offHeap("targets", targets),
                  value.type().ordinal(),
                  offHeap("value", value),
                  type(gradient),
                  offHeap(gradient));
      library.check(status, "yl_sigmoid_bce");
    } catch (Throwable e) {
      throw HostLibrary.impossible(e);
    }
  }

  private static int type(Optional<DenseTensor> tensor) {
    return tensor.map(DenseTensor::type).orElse(ElementType.F32).ordinal();
  }

  private static MemorySegment offHeap(Optional<DenseTensor> tensor) {
    return tensor.isPresent() ? offHeap("gradient", tensor.get()) : MemorySegment.NULL;
  }

  private static MemorySegment offHeap(String name, DenseTensor tensor) {
    if (tensor.rows() == 0) {
      return MemorySegment.NULL;
    }
    HostMemory.require(name, tensor.memory(), tensor.type());
    return tensor.memory();
  }

  private MemorySegment opened() {
    if (operations.equals(MemorySegment.NULL)) {
      throw new IllegalStateException("these operations are closed");
    }
    return operations;
  }

  @Override
  public synchronized void close() {
    try {
      library.closeOperations.invokeExact(operations);
    } catch (Throwable e) {
      throw HostLibrary.impossible(e);
    } finally {
      operations = MemorySegment.NULL;
    }
  }
}
