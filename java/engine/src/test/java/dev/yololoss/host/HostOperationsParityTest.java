package dev.yololoss.host;

import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.parity.OperationsSuite;
import org.junit.jupiter.api.condition.EnabledIf;

/** Single operations of NATIVE against REFERENCE. */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostOperationsParityTest extends OperationsSuite {
  @Override
  protected EngineOptions options() {
    return EngineOptions.on(Backend.NATIVE);
  }
}
