package dev.yololoss;

import java.lang.foreign.MemorySegment;

/**
 * A contiguous matrix {@code [rows, columns]} in memory of this machine or of a CUDA device.
 *
 * @param place its elements, row by row
 * @param type of the elements
 * @param rows 0 or more
 * @param columns at least 1
 */
public record DenseTensor(TensorMemory place, ElementType type, long rows, long columns) {
  public DenseTensor {
    if (rows < 0 || columns < 1) {
      throw new TensorException(
          "a matrix is "
              + rows
              + " x "
              + columns
              + "; must have 0 or more rows and at least 1 column");
    }
    long needed;
    try {
      needed = Math.multiplyExact(Math.multiplyExact(rows, columns), (long) type.bytes());
    } catch (ArithmeticException e) {
      throw new TensorException(
          "a matrix of " + rows + " x " + columns + " reaches beyond 2^63 bytes");
    }
    if (place.byteSize() < needed) {
      throw new TensorException(
          "the memory has "
              + place.byteSize()
              + " bytes; "
              + rows
              + " x "
              + columns
              + " "
              + type
              + " need "
              + needed);
    }
  }

  /** A matrix in memory of this machine. */
  public DenseTensor(MemorySegment memory, ElementType type, long rows, long columns) {
    this(new HostSegment(memory), type, rows, columns);
  }

  /** Whether the elements lie on a CUDA device, where Java cannot read them. */
  public boolean isOnDevice() {
    return place instanceof DevicePointer;
  }

  /**
   * The memory, where it is of this machine.
   *
   * @throws TensorException if it is that of a device
   */
  public MemorySegment memory() {
    return switch (place) {
      case HostSegment host -> host.segment();
      case DevicePointer device ->
          throw new TensorException("the matrix lies at " + device + ", where Java cannot read it");
    };
  }

  public double get(long row, long column) {
    return type.get(memory(), row * columns + column);
  }

  public void set(long row, long column, double value) {
    type.set(memory(), row * columns + column, value);
  }
}
