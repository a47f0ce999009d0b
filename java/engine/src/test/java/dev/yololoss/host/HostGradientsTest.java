package dev.yololoss.host;

import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.parity.GradientsSuite;
import org.junit.jupiter.api.condition.EnabledIf;

/** Gradients that NATIVE keeps. */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostGradientsTest extends GradientsSuite {
  @Override
  protected EngineOptions options() {
    return EngineOptions.on(Backend.NATIVE).withThreads(2);
  }
}
