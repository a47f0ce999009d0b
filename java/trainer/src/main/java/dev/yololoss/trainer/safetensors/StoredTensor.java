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

  public double[] toArray() {
    double[] values = new double[Math.toIntExact(size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(i);
    }
    return values;
  }
}
