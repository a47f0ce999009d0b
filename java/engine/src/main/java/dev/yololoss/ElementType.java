package dev.yololoss;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** How one number lies in memory, in the machine's byte order. Arithmetic is never done in it. */
public enum ElementType {
  /** IEEE 754 binary32. */
  F32(Float.BYTES),
  /** IEEE 754 binary16. */
  F16(Short.BYTES),
  /** bfloat16: the upper half of a binary32. */
  BF16(Short.BYTES),
  /** IEEE 754 binary64. */
  F64(Double.BYTES);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** The size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** The element at an index, widened. */
  public double get(MemorySegment memory, long index) {
    long offset = index * bytes;
    return switch (this) {
      case F32 -> memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset);
      case F16 -> Float.float16ToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset));
      case BF16 -> Float.intBitsToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset) << 16);
      case F64 -> memory.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, offset);
    };
  }

  /**
   * Stores a value, rounded to nearest even. The 16-bit types are rounded from the binary32 value,
   * so that their gradients are those of F32, rounded.
   *
   * @return the value as stored
   */
  public double set(MemorySegment memory, long index, double value) {
    long offset = index * bytes;
    switch (this) {
      case F32 -> memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset, (float) value);
      case F16 ->
          memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, Float.floatToFloat16((float) value));
      case BF16 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, toBfloat16((float) value));
      case F64 -> memory.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, offset, value);
    }
    return get(memory, index);
  }

  private static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40); // quiet: truncation alone could leave an infinity
    }
    int halfUlpToEven = 0x7fff + (bits >>> 16 & 1);
    return (short) (bits + halfUlpToEven >>> 16);
  }
}
