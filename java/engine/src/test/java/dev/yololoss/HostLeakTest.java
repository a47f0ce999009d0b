package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Thousands of steps, and an engine in 25 of them: memory, descriptors and threads stay where they
 * were after the first third. {@code -Dsteps=100000} for more.
 */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostLeakTest {
  /** The JVM's own memory comes and goes a little: compiled code, the allocator's free lists. */
  private static final long RESIDENT_TOLERANCE_KB = 16 * 1024;

  /**
   * Off-heap memory is counted exactly, but shapes at the end are not those before: engines keep
   * gradients of the last one, and room for the most targets that they have seen.
   */
  private static final long OFF_HEAP_TOLERANCE_KB = 128;

  private static final Pattern HELD =
      Pattern.compile("residentKb=(\\d+) offHeapKb=(\\d+) descriptors=(\\d+) threads=(\\d+)");

  private record Held(long residentKb, long offHeapKb, long descriptors, long threads) {
    static Held after(String when, String output) {
      String line = output.lines().filter(l -> l.startsWith(when)).findFirst().orElseThrow();
      Matcher m = HELD.matcher(line);
      assertThat(m.find()).as(line).isTrue();
      return new Held(
          Long.parseLong(m.group(1)),
          Long.parseLong(m.group(2)),
          Long.parseLong(m.group(3)),
          Long.parseLong(m.group(4)));
    }
  }

  private record Run(Held before, Held after) {}

  @BeforeAll
  static void requireLibraryAndProc() {
    assumeTrue(Files.exists(Path.of("/proc/self/fd")), "there is no /proc");
  }

  private static Run run(String... arguments) throws IOException, InterruptedException {
    ForkedJvm jvm =
        ForkedJvm.run(
            List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xms64m",
                "-Xmx64m",
                "-XX:+AlwaysPreTouch",
                "-XX:TieredStopAtLevel=1",
                "-XX:NativeMemoryTracking=summary"),
            LeakProbe.class,
            arguments);
    assertThat(jvm.exitCode()).as(jvm.output()).isZero();
    Run run = new Run(Held.after("before", jvm.output()), Held.after("after", jvm.output()));
    System.out.println("HostLeakTest " + String.join(" ", arguments) + " steps: " + run);
    return run;
  }

  @Test
  void nothingPilesUp() throws IOException, InterruptedException {
    Run run = run(Integer.toString(Integer.getInteger("steps", 3000)));
    assertThat(run.before.offHeapKb).as("the JVM's count works").isGreaterThan(100);
    assertThat(run.after.offHeapKb).isLessThan(run.before.offHeapKb + OFF_HEAP_TOLERANCE_KB);
    assertThat(run.after.residentKb).isLessThan(run.before.residentKb + RESIDENT_TOLERANCE_KB);
    assertThat(run.after.descriptors).isEqualTo(run.before.descriptors);
    assertThat(run.after.threads).isLessThanOrEqualTo(run.before.threads + 1);
  }

  /** Negative control: engines that nobody closes show. */
  @Test
  void forgottenEnginesShow() throws IOException, InterruptedException {
    Run run = run("900", "leak");
    assertThat(run.after.offHeapKb).isGreaterThan(run.before.offHeapKb + OFF_HEAP_TOLERANCE_KB);
    assertThat(run.after.threads).isGreaterThan(run.before.threads + 20);
  }
}
