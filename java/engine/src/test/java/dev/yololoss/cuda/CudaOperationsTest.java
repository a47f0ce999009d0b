package dev.yololoss.cuda;

import dev.yololoss.CudaBinding;
import dev.yololoss.EngineOptions;
import dev.yololoss.parity.OperationsSuite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIf;

/** Single operations of CUDA against REFERENCE. */
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class CudaOperationsTest {
  @AfterEach
  void nothingIsLeft() {
    Emulator.requireClean();
  }

  @Nested
  class Jcuda extends OperationsSuite {
    @Override
    protected EngineOptions options() {
      return EmulatedCuda.through(CudaBinding.JCUDA);
    }
  }

  @Nested
  class Panama extends OperationsSuite {
    @Override
    protected EngineOptions options() {
      return EmulatedCuda.through(CudaBinding.PANAMA);
    }
  }
}
