package dev.yololoss.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.ForkedJvm;
import dev.yololoss.NativeInThisBuild;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** How many threads "all cores" are. */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostThreadsTest {
  /**
   * The JVM is told of a container's quota; the number that the system shows is that of the host.
   */
  @Test
  void allCoresAreThoseThatTheJvmCounts() throws IOException, InterruptedException {
    ForkedJvm jvm =
        ForkedJvm.run(
            List.of("--enable-native-access=ALL-UNNAMED", "-XX:ActiveProcessorCount=5"),
            ThreadsProbe.class);
    assertThat(jvm.output())
        .containsPattern("0 asked: .*, 5 threads")
        .containsPattern("3 asked: .*, 3 threads");
  }
}
