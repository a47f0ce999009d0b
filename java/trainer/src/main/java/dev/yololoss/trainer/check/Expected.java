package dev.yololoss.trainer.check;

import dev.yololoss.trainer.safetensors.SafetensorsException;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import dev.yololoss.trainer.safetensors.StoredTensor;
import java.util.Arrays;
import java.util.List;

/**
 * The numbers that a case expects. What a file does not hold is not compared; what it holds in
 * another shape is a miss.
 */
record Expected(SafetensorsFile file, Tolerance tolerance) {
  /** Single numbers. */
  Deviation numbers(String name, double[] actual) throws SafetensorsException {
    return numbers(name, actual, tolerance.total());
  }

  Deviation numbers(String name, double[] actual, double within) throws SafetensorsException {
    return file.has(name)
        ? Deviation.ofNumbers(name, actual, file.floats(name).toArray(), within)
        : Deviation.NONE;
  }

  /** Single numbers, but for those that are not recomputed. */
  Deviation components(Naming naming, double[] actual) throws SafetensorsException {
    String name = naming.components();
    if (!file.has(name)) {
      return Deviation.NONE;
    }
    double[] expected = file.floats(name).toArray();
    if (expected.length != actual.length) {
      return Deviation.otherLength(name, actual, expected);
    }
    double largest =
        Arrays.stream(expected).map(Math::abs).filter(Double::isFinite).max().orElse(0);
    double floor = tolerance.component() * largest;
    Deviation deviation = Deviation.NONE;
    for (int i = 0; i < actual.length; i++) {
      if (naming.isRecomputed(i)) {
        deviation =
            deviation.and(
                Deviation.ofNumber(name, i, actual[i], expected[i], tolerance.total(), floor));
      }
    }
    return deviation;
  }

  /**
   * A tensor's elements.
   *
   * @param sign what the file's numbers are multiplied by
   */
  Deviation tensor(String name, int sign, double[] actual, long... shape)
      throws SafetensorsException {
    if (!file.has(name)) {
      return Deviation.NONE;
    }
    StoredTensor tensor = file.floats(name);
    List<Long> computed = Arrays.stream(shape).boxed().toList();
    if (!tensor.shape().equals(computed)) {
      return Deviation.miss(
          name + " has the shape " + tensor.shape() + " in the file; computed is " + computed);
    }
    double[] expected = tensor.toArray();
    Arrays.setAll(expected, i -> sign * expected[i]);
    return Deviation.ofTensor(name, actual, expected, tolerance);
  }
}
