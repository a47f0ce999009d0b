package dev.yololoss.host;

import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.parity.FloatErrorSuite;
import org.junit.jupiter.api.condition.EnabledIf;

/** The error of NATIVE's float loops. */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostFloatErrorTest extends FloatErrorSuite {
  @Override
  protected EngineOptions options() {
    return EngineOptions.on(Backend.NATIVE);
  }
}
