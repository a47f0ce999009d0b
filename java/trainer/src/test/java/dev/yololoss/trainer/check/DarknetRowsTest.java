package dev.yololoss.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.trainer.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How darknet reads its list of truths, told in rows dropped. */
class DarknetRowsTest {
  private static final double[] A = {0, 1, 0.3, 0.4, 0.2, 0.3};
  private static final double[] B = {0, 2, 0.6, 0.7, 0.3, 0.2};
  private static final double[] C = {1, 0, 0.5, 0.2, 0.1, 0.4};
  private static final double[] AT_ZERO = {0, 1, 0, 0.4, 0.2, 0.3};
  private static final double[] CLASS_4 = {0, 4, 0.5, 0.5, 0.2, 0.3};
  private static final double[] CLASS_MINUS_1 = {1, -1, 0.5, 0.5, 0.2, 0.3};

  @TempDir Path folder;

  @Test
  void theOriginalsOwnCases() {
    Run run =
        Run.check(
            GoldenCases.of("darknet/quirk_x_zero_ends_the_list"),
            GoldenCases.of("darknet/quirk_class_out_of_range"));
    assertThat(run.exit()).isZero();
    assertThat(run.out())
        .containsPattern(
            "    dropped \\d+ rows: darknet's list ends at x = 0 and after max_boxes\n")
        .containsPattern("    dropped \\d+ rows: class out of 0\\.\\.\\d\n");
  }

  @Test
  void anXOfZeroEndsTheListOfItsImageOnly() throws IOException {
    assertSame(of(A, AT_ZERO, B, C), of(A, C), "dropped 2 rows: darknet's list ends at x = 0");
  }

  @Test
  void aClassOutOfRangeIsPassedOver() throws IOException {
    assertSame(
        of(A, CLASS_4, B, C, CLASS_MINUS_1), of(A, B, C), "dropped 2 rows: class out of 0..3");
  }

  @Test
  void theListEndsAtMaxBoxes() throws IOException {
    assertSame(
        of(A, B, A, B, A, B, A, A, C),
        of(A, B, A, B, A, B, C),
        "dropped 2 rows: darknet's list ends at x = 0 and after max_boxes");
  }

  /** Those passed over stand in the list all the same. */
  @Test
  void aClassOutOfRangeCountsForMaxBoxes() throws IOException {
    assertSame(
        of(A, CLASS_4, A, B, A, B, A, C),
        of(A, A, B, A, B, C),
        "dropped 1 rows: darknet's list ends at x = 0 and after max_boxes");
  }

  /** The engine's row 1 is the file's row 3. */
  @Test
  void aBadRowIsNumberedAsInTheFile() throws IOException {
    double[] bad = C.clone();
    bad[4] = -0.1;
    Path file = write(of(AT_ZERO, A, C, bad));
    assertThat(Run.check(file).complaintOf(file))
        .startsWith("target row 3: w is -0.1")
        .endsWith("; must be greater than 0");
  }

  @Test
  void otherPresetsPassNothingOver() throws IOException {
    EditedCase edited = EditedCase.of("yolov3-logits/basic_96");
    Path file =
        edited
            .change("targets", rows -> rows[6 + 1] = 99)
            .write(folder.resolve("case.safetensors"));
    assertThat(Run.check(file).complaintOf(file)).startsWith("target row 1: class is 99");
  }

  private void assertSame(double[][] rows, double[][] used, String note) throws IOException {
    Run all = Run.check(write(rows));
    Run some = Run.check(write(used));
    assertThat(all.err()).isEmpty();
    assertThat(all.out()).contains("    " + note);
    assertThat(some.out()).doesNotContain("dropped");
    assertThat(all.out().lines().findFirst()).isEqualTo(some.out().lines().findFirst());
  }

  private Path write(double[][] rows) throws IOException {
    double[] all = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    return EditedCase.of("darknet/basic_ciou")
        .dropExpected()
        .put("targets", TensorType.F32, all, rows.length, 6)
        .write(folder.resolve("case.safetensors"));
  }

  private static double[][] of(double[]... rows) {
    return rows;
  }
}
