package dev.yololoss.trainer.safetensors;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One tensor of a file.
 *
 * @param data its bytes, valid while the file is open
 */
public record StoredTensor(String name, TensorType type, List<Long> shape, MemorySegment data) {
  /** The number of elements. */
  public long size() {
    return shape.stream().reduce(1L, (a, b) -> a * b);
  }

  public double get(long index) {
    return type.get(data, index);
  }

  /**
   * All elements.
   *
   * @throws IllegalArgumentException if there are more than an array can hold
   */
  public double[] toArray() {
    if (size() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "tensor \"" + name + "\" has " + size() + " elements; an array holds 2^31 - 9");
    }
    double[] values = new double[(int) size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(i);
    }
    return values;
  }
}
