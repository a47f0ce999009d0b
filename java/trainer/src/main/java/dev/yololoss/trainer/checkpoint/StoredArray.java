package dev.yololoss.trainer.checkpoint;

import java.util.Arrays;

/**
 * A tensor in memory.
 *
 * @param shape its sides
 * @param values last side fastest; not copied
 */
public record StoredArray(long[] shape, float[] values) {
  /**
   * @throws IllegalArgumentException if the shape has room for more or fewer values
   */
  public StoredArray {
    if (Arrays.stream(shape).reduce(1, Math::multiplyExact) != values.length) {
      throw new IllegalArgumentException(
          values.length + " values for the shape " + Arrays.toString(shape));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StoredArray(long[] sides, float[] numbers)
        && Arrays.equals(shape, sides)
        && Arrays.equals(values, numbers);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "float32" + Arrays.toString(shape);
  }
}
