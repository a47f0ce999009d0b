package dev.yololoss.host;

import dev.yololoss.DenseTensor;
import dev.yololoss.ElementType;
import dev.yololoss.backend.OperationsExecutor;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The single operations in C++. */
public final class HostOperations implements OperationsExecutor {
  private final HostLibrary library = HostLibrary.get();

  @Override
  public void overlap(
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
  public void sigmoidBce(
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

  @Override
  public void close() {}
}
