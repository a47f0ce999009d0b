package dev.yololoss.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.yololoss.Backend;
import dev.yololoss.BackendUnavailableException;
import dev.yololoss.LossOperations;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import dev.yololoss.trainer.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CheckCommandTest {
  private static final Path YOLOV5 = GoldenCases.of("yolov5/basic_96");
  private static final Path DARKNET = GoldenCases.of("darknet/basic_ciou");
  private static final Path BOXES = GoldenCases.of("boxes/zero_size");

  @TempDir Path folder;

  @Test
  void allPassed() {
    Run run = Run.check(YOLOV5, DARKNET, BOXES);
    assertThat(run.exit()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines())
        .hasSize(4)
        .element(0)
        .asString()
        .matches("yolov5 +basic_96 +\\S+  total \\S+ +components \\S+ +gradient \\S+ +PASS");
    assertThat(run.out().lines().toList().get(2))
        .matches("boxes +zero_size +-  total - +components \\S+ +gradient \\S+ +PASS");
    assertThat(run.out()).endsWith("3 cases: 3 passed, 0 failed, 0 computed only, 0 unusable\n");
  }

  @Test
  void oneFailed() throws IOException {
    Path wrong =
        EditedCase.of("yolov5/basic_96")
            .change("total", t -> t[0] *= 1 + 1e-6)
            .write(folder.resolve("wrong.safetensors"));
    Run run = Run.check(wrong, DARKNET);
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out()).containsPattern("FAIL\n    total\\[0\\] is [0-9.]+; expected [0-9.]+\n");
    assertThat(run.out()).endsWith("2 cases: 1 passed, 1 failed, 0 computed only, 0 unusable\n");
  }

  @Test
  void aBadFileDoesNotStopTheOthers() {
    Path missing = folder.resolve("none.safetensors");
    Run run = Run.check(YOLOV5, missing, DARKNET);
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).isEqualTo(missing + ": does not exist\n");
    assertThat(run.out()).contains("basic_96", "basic_ciou");
    assertThat(run.out()).endsWith("3 cases: 2 passed, 0 failed, 0 computed only, 1 unusable\n");
  }

  @Test
  void helpSaysWhatACaseIs() {
    Run run = Run.check("--help");
    assertThat(run.exit()).isZero();
    assertThat(run.out()).contains("pred.0", "targets", "spec", "preset", "Exit status: 0");
  }

  @Test
  void withoutFilesOrWithAnUnknownBackend() {
    assertThat(Run.check().exit()).isEqualTo(2);
    Run run = Run.check("--backend", "tpu", YOLOV5);
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("--backend", "tpu");
  }

  @Test
  void withoutExpectedNumbersItIsComputed() throws IOException {
    Path bare =
        EditedCase.of("yolov5/basic_96").dropExpected().write(folder.resolve("bare.safetensors"));
    Run run = Run.check("--out", folder.resolve("out"), bare);
    assertThat(run.exit()).isZero();
    assertThat(run.out())
        .contains("no expected numbers in the file  COMPUTED")
        .contains("1 cases: 0 passed, 0 failed, 1 computed only, 0 unusable")
        .endsWith("wrote " + folder.resolve("out") + "\n");
    try (SafetensorsFile file =
            SafetensorsFile.open(folder.resolve("out/yolov5/bare.safetensors"));
        SafetensorsFile golden = SafetensorsFile.open(YOLOV5)) {
      assertThat(file.names()).containsExactly("total", "loss", "grad.0", "grad.1", "grad.2");
      assertThat(file.metadata()).containsEntry("backend", "REFERENCE").containsKey("spec");
      assertThat(file.floats("loss", 3).type()).isEqualTo(TensorType.F64);
      assertThat(file.floats("total", 1).type()).isEqualTo(TensorType.F64);
      assertClose(file.floats("total", 1).toArray(), golden.floats("total", 1).toArray());
      assertClose(file.floats("loss").toArray(), golden.floats("loss").toArray());
      for (String gradient : new String[] {"grad.0", "grad.1", "grad.2"}) {
        assertThat(file.floats(gradient).type()).isEqualTo(TensorType.F64);
        assertThat(file.floats(gradient).shape()).isEqualTo(golden.floats(gradient).shape());
        assertClose(file.floats(gradient).toArray(), golden.floats(gradient).toArray());
      }
    }
  }

  /** A file may hold some of the numbers only; the line says which were compared. */
  @Test
  void whatTheFileLacksIsNotCompared() throws IOException {
    Path part =
        EditedCase.of("yolov2-old/basic_7x7")
            .drop("loss", "grad.0")
            .write(folder.resolve("part.safetensors"));
    Run run = Run.check(part);
    assertThat(run.exit()).isZero();
    assertThat(run.out()).containsPattern("total \\S*e\\S+ +components - +gradient - +PASS");
  }

  @Test
  void theStateIsWritten() throws IOException {
    Path golden = GoldenCases.of("yolov5/autobalance_call3");
    assertThat(Run.check("--out", folder, golden).exit()).isZero();
    try (SafetensorsFile file =
            SafetensorsFile.open(folder.resolve("yolov5/autobalance_call3.safetensors"));
        SafetensorsFile expected = SafetensorsFile.open(golden)) {
      assertClose(
          file.floats("balance_after").toArray(), expected.floats("balance_after").toArray());
    }
  }

  @Test
  void darknetsGradientIsMinusItsDelta() throws IOException {
    assertThat(Run.check("--out", folder, DARKNET).exit()).isZero();
    try (SafetensorsFile file =
            SafetensorsFile.open(folder.resolve("darknet/basic_ciou.safetensors"));
        SafetensorsFile golden = SafetensorsFile.open(DARKNET)) {
      double[] delta = golden.floats("delta64.0").toArray();
      assertClose(file.floats("grad.0").toArray(), Arrays.stream(delta).map(d -> -d).toArray());
      assertThat(Arrays.stream(delta).filter(d -> d != 0).count()).isPositive();
    }
  }

  @Test
  void thePresetIsCalledAsInTheFile() {
    Run run = Run.check("--out", folder, GoldenCases.of("dena/basic_96"));
    assertThat(run.exit()).isZero();
    assertThat(folder.resolve("dena/basic_96.safetensors")).isRegularFile();
  }

  @Test
  void overlapsAreWrittenUnderTheFilesNames() throws IOException {
    assertThat(Run.check("--out", folder, BOXES).exit()).isZero();
    try (SafetensorsFile file =
            SafetensorsFile.open(folder.resolve("boxes/zero_size.safetensors"));
        SafetensorsFile golden = SafetensorsFile.open(BOXES)) {
      assertThat(file.names()).hasSize(24);
      for (String name : file.names()) {
        assertThat(golden.floats(name).shape()).isEqualTo(file.floats(name).shape());
        assertClose(file.floats(name).toArray(), golden.floats(name).toArray());
      }
    }
  }

  /** The numbers of one case would otherwise stand under the name of another. */
  @Test
  void twoCasesDoNotShareAnOutput() throws IOException {
    Path other = EditedCase.of("yolov5/nc1").write(folder.resolve("other/basic_96.safetensors"));
    Run run = Run.check("--out", folder.resolve("out"), YOLOV5, other);
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.complaintOf(other))
        .startsWith("would be written to ")
        .endsWith(", which holds the numbers of " + YOLOV5);
    assertThat(run.out()).contains("2 cases: 1 passed, 0 failed, 0 computed only, 1 unusable");
  }

  @Test
  void aCaseIsNotOverwritten() throws IOException {
    Path copy = folder.resolve("yolov5/basic_96.safetensors");
    Files.createDirectories(copy.getParent());
    Files.copy(YOLOV5, copy);
    Run run = Run.check("--out", folder, copy);
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.complaintOf(copy)).isEqualTo("is the case itself; write to another folder");
    assertThat(copy).hasSameBinaryContentAs(YOLOV5);
  }

  @Test
  void anOutputThatCannotBeWrittenIsNamed() throws IOException {
    Path inTheWay = Files.write(folder.resolve("file"), new byte[1]);
    Run run = Run.check("--out", inTheWay, YOLOV5);
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.complaintOf(inTheWay.resolve("yolov5/basic_96.safetensors")))
        .startsWith("cannot be written: ");
  }

  @Test
  void autoSaysWhatItChose() {
    Run run = Run.check("--backend", "auto", YOLOV5, GoldenCases.of("yolov5/nc1"));
    assertThat(run.exit()).isZero();
    assertThat(run.out()).startsWith("backend ").containsOnlyOnce("backend ");
  }

  @ParameterizedTest
  @EnumSource(names = {"NATIVE", "CUDA"})
  void anAbsentBackendIsRefusedWithItsReasons(Backend backend) {
    assumeThat(opens(backend)).as("%s is there, so nothing is refused", backend).isFalse();
    for (Path file : new Path[] {YOLOV5, BOXES}) {
      Run run = Run.check("--backend", backend.name().toLowerCase(Locale.ROOT), file);
      assertThat(run.exit()).isEqualTo(2);
      assertThat(run.err()).startsWith("backend " + backend + " is not available: ");
      assertThat(run.err().strip()).hasLineCount(1);
      assertThat(run.out()).isEmpty();
    }
  }

  private static boolean opens(Backend backend) {
    try (LossOperations operations = LossOperations.open(backend)) {
      return operations.backend() == backend;
    } catch (BackendUnavailableException e) {
      return false;
    }
  }

  private static void assertClose(double[] actual, double[] expected) {
    Deviation deviation =
        Deviation.ofTensor("it", actual, expected, Tolerance.of(Backend.REFERENCE));
    assertThat(deviation.firstMiss()).isEmpty();
    assertThat(deviation.compared()).isEqualTo(actual.length);
  }
}
