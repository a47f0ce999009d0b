package dev.yololoss.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.Backend;
import dev.yololoss.CudaOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every golden case on the emulated CUDA device, through the binding that the property {@value
 * CudaOptions#BINDING_PROPERTY} names.
 */
@EnabledIf(
    value = "emulatedDeviceIsThere",
    disabledReason = "built without CMake or a C++ compiler, so without the emulated CUDA device")
class GoldenCasesOnCudaTest {
  static boolean emulatedDeviceIsThere() {
    String driver = System.getProperty("yololoss.cuda.driver");
    return driver != null && Files.exists(Path.of(driver));
  }

  @BeforeAll
  static void sayWhichBinding() {
    System.out.println("GoldenCasesOnCudaTest: through " + CudaOptions.standard().binding());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void onCuda(String name) throws IOException {
    CaseReport report = CheckCommand.run(GoldenCases.of(name), Backend.CUDA);
    assertThat(report.passes()).as(report.line()).isTrue();
    assertThat(report.backend()).startsWith("CUDA");
    assertThat(report.gradients().compared()).isPositive();
  }

  static Stream<String> cases() {
    return Stream.concat(GoldenCasesTest.losses(), GoldenCasesTest.boxes());
  }
}
