package dev.yololoss.host;

import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.parity.CrowdSuite;
import org.junit.jupiter.api.condition.EnabledIf;

/** NATIVE's ignore search among many targets. */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostCrowdTest extends CrowdSuite {
  @Override
  protected EngineOptions options() {
    return EngineOptions.on(Backend.NATIVE);
  }
}
