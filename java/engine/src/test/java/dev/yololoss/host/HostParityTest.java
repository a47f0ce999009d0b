package dev.yololoss.host;

import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.parity.ParitySuite;
import org.junit.jupiter.api.condition.EnabledIf;

/** NATIVE against REFERENCE on random steps. */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostParityTest extends ParitySuite {
  @Override
  protected EngineOptions options() {
    return EngineOptions.on(Backend.NATIVE);
  }
}
