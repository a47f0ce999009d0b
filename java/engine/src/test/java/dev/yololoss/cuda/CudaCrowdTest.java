package dev.yololoss.cuda;

import dev.yololoss.CudaBinding;
import dev.yololoss.EngineOptions;
import dev.yololoss.parity.CrowdSuite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIf;

/** CUDA's ignore search among many targets. */
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class CudaCrowdTest {
  @AfterEach
  void nothingIsLeft() {
    Emulator.requireClean();
  }

  @Nested
  class Jcuda extends CrowdSuite {
    @Override
    protected EngineOptions options() {
      return EmulatedCuda.through(CudaBinding.JCUDA);
    }
  }

  @Nested
  class Panama extends CrowdSuite {
    @Override
    protected EngineOptions options() {
      return EmulatedCuda.through(CudaBinding.PANAMA);
    }
  }
}
