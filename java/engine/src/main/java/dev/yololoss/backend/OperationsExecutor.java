package dev.yololoss.backend;

import dev.yololoss.DenseTensor;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.OverlapConvention;
import java.util.Optional;

/** The operations that need no loss, on one backend. */
public interface OperationsExecutor extends AutoCloseable {
  void overlap(
      Overlap kind,
      OverlapConvention convention,
      DenseTensor a,
      DenseTensor b,
      DenseTensor value,
      Optional<DenseTensor> gradient);

  void sigmoidBce(
      DenseTensor logits,
      DenseTensor targets,
      double positiveWeight,
      double gradientScale,
      DenseTensor value,
      Optional<DenseTensor> gradient);

  @Override
  void close();
}
