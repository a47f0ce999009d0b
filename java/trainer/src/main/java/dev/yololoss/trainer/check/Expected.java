package dev.yololoss.trainer.check;

import dev.yololoss.trainer.safetensors.SafetensorsException;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import java.util.Arrays;

/**
 * The numbers that a case expects: always the float64 ones, which darknet's files keep beside the
 * program's own float32.
 *
 * <p>What a file does not hold is not compared.
 */
record Expected(SafetensorsFile file) {
  boolean any() {
    return file.has(totalName()) || file.has(componentsName()) || file.has(gradientName(0));
  }

  Deviation total(double total, Tolerance tolerance) throws SafetensorsException {
    return numbers(totalName(), new double[] {total}, tolerance.total());
  }

  /** A component that is not recomputed is NaN and not compared. */
  Deviation components(double[] components, Tolerance tolerance) throws SafetensorsException {
    if (!file.has(componentsName())) {
      return Deviation.NONE;
    }
    double[] expected = file.floats(componentsName(), -1).toArray();
    for (int i = 0; i < Math.min(expected.length, components.length); i++) {
      if (Double.isNaN(components[i]) && isLogged(i)) {
        expected[i] = Double.NaN;
      }
    }
    return Deviation.ofNumbers(components, expected, tolerance.total());
  }

  Deviation gradient(int layer, double[] values, Tolerance tolerance) throws SafetensorsException {
    String name = gradientName(layer);
    if (!file.has(name)) {
      return Deviation.NONE;
    }
    double[] expected = file.floats(name, -1, -1, -1, -1).toArray();
    if (isDarknet()) {
      Arrays.setAll(expected, i -> -expected[i]);
    }
    return Deviation.ofTensor(values, expected, tolerance);
  }

  Deviation balance(double[] balance, double tolerance) throws SafetensorsException {
    return numbers("balance_after", balance, tolerance);
  }

  private Deviation numbers(String name, double[] actual, double tolerance)
      throws SafetensorsException {
    return file.has(name)
        ? Deviation.ofNumbers(actual, file.floats(name, actual.length).toArray(), tolerance)
        : Deviation.NONE;
  }

  /** DeNA's l2, every fifth component: nothing depends on it. */
  private boolean isLogged(int component) {
    return "dena".equals(file.metadata().get("preset")) && component % 5 == 4;
  }

  private boolean isDarknet() {
    return "darknet".equals(file.metadata().get("preset"));
  }

  private String totalName() {
    return isDarknet() ? "total64" : "total";
  }

  private String componentsName() {
    return isDarknet() ? "loss64" : "loss";
  }

  private String gradientName(int layer) {
    return (isDarknet() ? "delta64." : "grad.") + layer;
  }
}
