package dev.yololoss.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.Backend;
import dev.yololoss.BackendUnavailableException;
import dev.yololoss.CudaBinding;
import dev.yololoss.EngineOptions;
import dev.yololoss.LossOperations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The backend CUDA computes what the original programs computed, through both bindings. */
@EnabledIf(
    value = "hasDevice",
    disabledReason = "built without CMake or a C++ compiler, so without the emulated CUDA device")
class CudaGoldenCasesTest {
  /**
   * One whose driver is named, as the emulated one's is, or the machine's own if asked for. Where
   * NATIVE works the emulated device was built too, and its absence fails.
   */
  static boolean hasDevice() {
    String driver = System.getProperty("yololoss.cuda.driver");
    return Boolean.getBoolean("yololoss.gpu")
        || driver != null && (Files.exists(Path.of(driver)) || isNativeThere());
  }

  private static boolean isNativeThere() {
    try (LossOperations operations = LossOperations.open(Backend.NATIVE)) {
      return operations != null;
    } catch (BackendUnavailableException e) {
      return false;
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("losses")
  void loss(CudaBinding binding, String name) throws IOException {
    CaseReport report = check(binding, name);
    assertThat(report.totals().compared()).isEqualTo(1);
    assertThat(report.components().compared()).isPositive();
    assertThat(report.gradients().compared()).isPositive();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("boxes")
  void overlaps(CudaBinding binding, String name) throws IOException {
    CaseReport report = check(binding, name);
    assertThat(report.components().compared()).isPositive();
    assertThat(report.gradients().compared()).isPositive();
  }

  private static CaseReport check(CudaBinding binding, String name) throws IOException {
    CaseReport report =
        CheckCommand.run(GoldenCases.of(name), EngineOptions.on(Backend.CUDA).with(binding));
    assertThat(report.backend()).startsWith("CUDA");
    assertThat(report.passes()).as(report.line()).isTrue();
    return report;
  }

  static Stream<Arguments> losses() {
    return throughBoth(GoldenCasesTest.losses().toList());
  }

  static Stream<Arguments> boxes() {
    return throughBoth(GoldenCasesTest.boxes().toList());
  }

  private static Stream<Arguments> throughBoth(List<String> names) {
    return Arrays.stream(CudaBinding.values())
        .flatMap(binding -> names.stream().map(name -> Arguments.of(binding, name)));
  }
}
