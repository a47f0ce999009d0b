package dev.yololoss.cuda;

import dev.yololoss.CudaBinding;
import dev.yololoss.EngineOptions;
import dev.yololoss.parity.GradientsSuite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIf;

/** Gradients that CUDA keeps. */
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class CudaGradientsTest {
  @AfterEach
  void nothingIsLeft() {
    Emulator.requireClean();
  }

  @Nested
  class Jcuda extends GradientsSuite {
    @Override
    protected EngineOptions options() {
      return EmulatedCuda.through(CudaBinding.JCUDA);
    }
  }

  @Nested
  class Panama extends GradientsSuite {
    @Override
    protected EngineOptions options() {
      return EmulatedCuda.through(CudaBinding.PANAMA);
    }
  }
}
