package dev.yololoss.cuda;

import dev.yololoss.CudaBinding;
import dev.yololoss.EngineOptions;
import dev.yololoss.parity.ParitySuite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIf;

/** CUDA against REFERENCE on random steps. */
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class CudaParityTest {
  @AfterEach
  void nothingIsLeft() {
    Emulator.requireClean();
  }

  @Nested
  class Jcuda extends ParitySuite {
    @Override
    protected EngineOptions options() {
      return EmulatedCuda.through(CudaBinding.JCUDA);
    }
  }

  @Nested
  class Panama extends ParitySuite {
    @Override
    protected EngineOptions options() {
      return EmulatedCuda.through(CudaBinding.PANAMA);
    }
  }
}
