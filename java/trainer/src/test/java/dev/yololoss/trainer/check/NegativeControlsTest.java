package dev.yololoss.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.Backend;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What differs must fail: each fault is small, and planted alone. */
class NegativeControlsTest {
  private static final List<String> CASES =
      List.of(
          "yolov5/basic_96",
          "yolov5-ce/basic_96",
          "yolov2-old/basic_7x7",
          "yolov2-v1/basic_7x7",
          "yolov3-logits/basic_96",
          "yolov3-bce/basic_96",
          "dena/basic_96",
          "yolov3-ratio/basic_mse_1",
          "yolov3-best/basic_iou_iou",
          "darknet/basic_ciou");

  /** A fault and the words in which the report names it. */
  private record Fault(String name, String reported, Consumer<EditedCase> plant) {
    @Override
    public String toString() {
      return name;
    }
  }

  @TempDir Path folder;

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void anUnchangedCopyPasses(String name) throws IOException {
    CaseReport report = check(EditedCase.of(name));
    assertThat(report.passes()).as(report.line()).isTrue();
    assertThat(report.compared()).isTrue();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("faults")
  void aFaultFails(String name, Fault fault) throws IOException {
    EditedCase edited = EditedCase.of(name);
    fault.plant.accept(edited);
    CaseReport report = check(edited);
    assertThat(report.passes()).as(report.line()).isFalse();
    assertThat(report.line()).contains("  FAIL").contains(fault.reported);
  }

  @Test
  void swappedLayersFail() throws IOException {
    CaseReport report = check(EditedCase.of("yolov5/basic_96").swap("grad.0", "grad.2"));
    assertThat(report.passes()).isFalse();
    assertThat(report.line())
        .contains("grad.0 has the shape [2, 27, 3, 3] in the file; computed is [2, 27, 12, 12]");
  }

  @Test
  void theSameNumbersInAnotherShapeFail() throws IOException {
    CaseReport report =
        check(EditedCase.of("yolov2-old/basic_7x7").reshape("grad.0", 2, 49, 5 * 9, 1));
    assertThat(report.passes()).isFalse();
  }

  @Test
  void theStateIsCompared() throws IOException {
    CaseReport report =
        check(
            EditedCase.of("yolov5/autobalance_call2")
                .change("balance_after", b -> b[1] *= 1 + 1e-11));
    assertThat(report.passes()).isFalse();
    assertThat(report.line()).contains("balance_after[1] is ");
  }

  @Test
  void overlapsAreCompared() throws IOException {
    for (String tensor :
        List.of(
            "darknet64.giou",
            "darknet64.dx_ciou",
            "yolov5.diou",
            "yolov5.dciou_da",
            "yolov5_v5.0.ciou",
            "yolov5_v5.0.dgiou_da")) {
      CaseReport report =
          check(EditedCase.of("boxes/pairs_unit").change(tensor, v -> v[0] += 1e-7 * largest(v)));
      assertThat(report.passes()).as(tensor).isFalse();
      assertThat(report.line()).contains(tensor + "[0] is ");
    }
  }

  /** zero_size expects NaN in places. */
  @Test
  void aNumberInPlaceOfAnExpectedNaNFails() throws IOException {
    CaseReport report =
        check(EditedCase.of("boxes/zero_size").change("yolov5.dciou_da", v -> v[firstNaN(v)] = 0));
    assertThat(report.passes()).isFalse();
    assertThat(report.line()).contains("is NaN; expected 0.0");
  }

  static Stream<String> cases() {
    return CASES.stream();
  }

  static Stream<Arguments> faults() {
    return CASES.stream()
        .flatMap(name -> faultsOf(name).stream().map(fault -> Arguments.of(name, fault)));
  }

  private static List<Fault> faultsOf(String name) {
    Naming naming = Naming.of(name.substring(0, name.indexOf('/')));
    String gradient = naming.gradient(0);
    String components = naming.components();
    return List.of(
        new Fault(
            "NaN in the gradient",
            gradient + "[7] is ",
            c -> c.change(gradient, g -> g[7] = Double.NaN)),
        new Fault(
            "infinity in the gradient",
            gradient + "[7] is ",
            c -> c.change(gradient, g -> g[7] = Double.POSITIVE_INFINITY)),
        new Fault(
            "sign of the gradient",
            gradient + "[",
            c -> c.change(gradient, g -> Arrays.setAll(g, i -> -g[i]))),
        new Fault(
            "sign of the largest gradient element",
            gradient + "[",
            c -> c.change(gradient, g -> g[indexOfLargest(g)] *= -1)),
        new Fault(
            "a gradient element off by 1e-7 of the largest",
            gradient + "[0] is ",
            c -> c.change(gradient, g -> g[0] += 1e-7 * largest(g))),
        new Fault(
            "a component off by 1e-6",
            components + "[2] is ",
            c -> c.change(components, v -> v[2] *= 1 + 1e-6)),
        new Fault(
            "the total off by 1e-6",
            naming.total() + "[0] is ",
            c -> c.change(naming.total(), v -> v[0] *= 1 - 1e-6)),
        new Fault(
            "NaN as total",
            naming.total() + "[0] is ",
            c -> c.change(naming.total(), v -> v[0] = Double.NaN)),
        new Fault("the last component missing", components + " has ", c -> c.shorten(components)),
        new Fault(
            "another logit",
            gradient + "[",
            c ->
                c.change("pred.0", p -> Arrays.setAll(p, i -> i < p.length / 2 ? p[i] : p[i] / 2))),
        new Fault("another target", gradient + "[", NegativeControlsTest::moveTargets));
  }

  /** Each by a whole cell of every grid, and none out of the image. */
  private static void moveTargets(EditedCase edited) {
    edited.change(
        "targets",
        rows -> {
          for (int x = 2; x < rows.length; x += 6) {
            rows[x] += rows[x] < 0.5 ? 0.34375 : -0.34375;
          }
        });
  }

  private CaseReport check(EditedCase edited) throws IOException {
    return CheckCommand.run(edited.write(folder.resolve("case.safetensors")), Backend.REFERENCE);
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).filter(Double::isFinite).map(Math::abs).max().orElseThrow();
  }

  private static int indexOfLargest(double[] values) {
    double largest = largest(values);
    int index = 0;
    while (Math.abs(values[index]) != largest) {
      index++;
    }
    return index;
  }

  private static int firstNaN(double[] values) {
    int index = 0;
    while (!Double.isNaN(values[index])) {
      index++;
    }
    return index;
  }
}
