package dev.yololoss.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import dev.yololoss.trainer.safetensors.SafetensorsWriter;
import dev.yololoss.trainer.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A case that describes its loss in this project's JSON. */
class OwnWordsTest {
  private static final String SPEC =
      """
      {"preset": "yolov5", "classes": 3,
       "heads": [{"stride": 16, "anchors": [[28, 28], [60, 60]]}],
       "box": {"weight": 0.1}}
      """;

  @TempDir Path folder;

  @Test
  void isComputed() throws IOException {
    Path file = file(SPEC).write();
    Run run = Run.check("--out", folder.resolve("out"), file);
    assertThat(run.err()).isEmpty();
    assertThat(run.exit()).isZero();
    assertThat(run.out()).startsWith("yolov5 ").contains(" mine ").contains("COMPUTED");
    try (SafetensorsFile out =
        SafetensorsFile.open(folder.resolve("out/yolov5/mine.safetensors"))) {
      assertThat(out.names()).containsExactly("total", "loss", "grad.0");
      double[] parts = out.floats("loss", 3).toArray();
      assertThat(parts[0] + parts[1] + parts[2])
          .isCloseTo(out.floats("total", 1).get(0), Offset.offset(1e-12));
      assertThat(out.floats("grad.0").shape()).isEqualTo(List.of(1L, 16L, 4L, 4L));
    }
  }

  /** What one run wrote is what the next expects. */
  @Test
  void isCompared() throws IOException {
    Run.check("--out", folder.resolve("out"), file(SPEC).write());
    try (SafetensorsFile out =
        SafetensorsFile.open(folder.resolve("out/yolov5/mine.safetensors"))) {
      Case same = file(SPEC);
      for (String name : out.names()) {
        long[] shape = out.floats(name).shape().stream().mapToLong(s -> s).toArray();
        same.writer.add(name, TensorType.F64, out.floats(name).toArray(), shape);
      }
      Path file = same.write();
      assertThat(Run.check(file).exit()).isZero();
      assertThat(Run.check(file).out()).contains("PASS");
    }
    Case other = file(SPEC);
    other.writer.add("total", TensorType.F64, new double[] {1}, 1);
    assertThat(Run.check(other.write()).exit()).isEqualTo(1);
  }

  /** The words are this project's, so the names and signs are too. */
  @Test
  void darknetExpectsAGradientAndNotADelta() throws IOException {
    assertSameAsTranslated("darknet/basic_ciou", false);
    assertSameAsTranslated("darknet/v4_mse", false);
  }

  @Test
  void theTranslationInOwnWordsIsTheSameLoss() throws IOException {
    assertSameAsTranslated("yolov5/pos_weights", true);
    assertSameAsTranslated("yolov2-v1/scales", true);
    assertSameAsTranslated("yolov3-logits/scales", true);
    assertSameAsTranslated("yolov3-best/basic_mse_iou", true);
    assertSameAsTranslated("yolov5-ce/gr_0.5_obj_pw", true);
  }

  @Test
  void theOutputIsNamedByThePresetItself() throws IOException {
    Path file =
        file("{\"preset\": \"dena\", \"classes\": 3, \"heads\": [{\"stride\": 16, \"anchors\":"
                + " [[28, 28], [60, 60]]}]}")
            .write();
    Run run = Run.check("--out", folder.resolve("out"), file);
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(folder.resolve("out/yolov3-bce/mine.safetensors")).isRegularFile();
  }

  @Test
  void aBadDescriptionIsNamed() throws IOException {
    assertRefused("{", "metadata \"spec\": not JSON: line 1, column ");
    assertRefused("{\"preset\": \"yolo\"}", "metadata \"spec\": preset is \"yolo\"; allowed are ");
    assertRefused(
        "{\"preset\": \"yolov5\", \"colour\": 1}", "metadata \"spec\": unknown key \"colour\"");
    assertRefused(
        "{\"preset\": \"yolov5\", \"bce\": \"OF_PROBABILITY\"}", "metadata \"spec\": bce is ");
    assertRefused(
        LossSpec.of(Preset.YOLOV5).toJson(),
        "tensor \"pred.0\" has the shape [1, 16, 4, 4]; must be [any, 255, any, any]");
  }

  @Test
  void twoDescriptionsAreOneTooMany() throws IOException {
    for (String other : List.of("preset", "config")) {
      Case both = file(SPEC);
      both.writer.metadata(other, "yolov5");
      Path file = both.write();
      assertThat(Run.check(file).complaintOf(file))
          .isEqualTo(
              "has metadata \"spec\" and \"" + other + "\"; only one can say what the loss is");
    }
  }

  private void assertRefused(String spec, String message) throws IOException {
    Path file = file(spec).write();
    Run run = Run.check(file);
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.complaintOf(file)).startsWith(message);
  }

  /** Runs a golden case, then the same numbers under the description that the run wrote. */
  private void assertSameAsTranslated(String golden, boolean alsoExpected) throws IOException {
    Path out = folder.resolve("out");
    assertThat(Run.check("--out", out, GoldenCases.of(golden)).exit()).isZero();
    try (SafetensorsFile written = SafetensorsFile.open(out.resolve(golden + ".safetensors"))) {
      EditedCase same =
          EditedCase.of(golden)
              .dropExpected()
              .dropMetadata("preset", "config")
              .metadata("spec", written.metadata().get("spec"));
      for (String name : written.names()) {
        if (!name.equals("loss")) {
          long[] shape = written.floats(name).shape().stream().mapToLong(s -> s).toArray();
          same.put(name, TensorType.F64, written.floats(name).toArray(), shape);
        }
      }
      Run run = Run.check(same.write(folder.resolve("same.safetensors")));
      assertThat(run.out()).contains("total 0.0e+00", "gradient 0.0e+00", "PASS");
      assertThat(run.exit()).as(run.err()).isZero();
    }
    if (alsoExpected) {
      try (SafetensorsFile written = SafetensorsFile.open(out.resolve(golden + ".safetensors"))) {
        Path file =
            EditedCase.of(golden)
                .drop("loss")
                .dropMetadata("preset", "config")
                .metadata("spec", written.metadata().get("spec"))
                .write(folder.resolve("golden.safetensors"));
        assertThat(Run.check(file).exit()).isZero();
      }
    }
  }

  /** One head of a 64 x 64 image: two anchors, three classes. */
  private Case file(String spec) {
    double[] logits = new double[2 * 8 * 16];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = Math.sin(i);
    }
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata("spec", spec)
            .add("pred.0", TensorType.F32, logits, 1, 16, 4, 4)
            .add("targets", TensorType.F64, new double[] {0, 2, 0.4, 0.6, 0.5, 0.4}, 1, 6);
    return new Case(writer, folder.resolve("mine.safetensors"));
  }

  private record Case(SafetensorsWriter writer, Path path) {
    Path write() throws IOException {
      writer.write(path);
      return path;
    }
  }
}
