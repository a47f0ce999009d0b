package dev.yololoss.trainer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.trainer.safetensors.SafetensorsFile;
import dev.yololoss.trainer.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** darknet's configuration for its rules as an ordinary loss. */
class AutodiffCaseTest {
  @TempDir Path folder;

  @Test
  void theGradientIsAChoiceAndTheLossIsNot() throws IOException {
    double[] exact = totalAndGradient("exact");
    double[] darknet = totalAndGradient("darknet");
    assertThat(exact[0]).isEqualTo(darknet[0]).isFinite().isPositive();
    assertThat(exact).isNotEqualTo(darknet);
  }

  /** Its names are the plain ones: a gradient, and no delta. */
  @Test
  void itExpectsAGradient() throws IOException {
    Path file =
        edited("exact")
            .put("total", TensorType.F64, new double[] {totalAndGradient("exact")[0]}, 1)
            .write(folder.resolve("case.safetensors"));
    Run run = Run.check(file);
    assertThat(run.exit()).isZero();
    assertThat(run.out()).startsWith("darknet-autodiff ").contains("total 0.0e+00", "gradient - ");
  }

  private double[] totalAndGradient(String gradient) throws IOException {
    Path file = edited(gradient).write(folder.resolve(gradient + ".safetensors"));
    Run run = Run.check("--out", folder.resolve("out"), file);
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.out()).contains("COMPUTED");
    try (SafetensorsFile out =
        SafetensorsFile.open(folder.resolve("out/darknet-autodiff").resolve(file.getFileName()))) {
      double[] values = out.floats("grad.0").toArray();
      double[] all = new double[values.length + 1];
      all[0] = out.floats("total", 1).get(0);
      System.arraycopy(values, 0, all, 1, values.length);
      return all;
    }
  }

  private static EditedCase edited(String gradient) throws IOException {
    return EditedCase.of("darknet/crowded_ciou")
        .drop("total64", "loss64")
        .metadata("preset", "darknet-autodiff")
        .config("\"classes_multipliers\": null", "\"gradient\": \"" + gradient + "\"");
  }
}
