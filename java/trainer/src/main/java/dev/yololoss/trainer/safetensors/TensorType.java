package dev.yololoss.trainer.safetensors;

import dev.yololoss.ElementType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The element types of the format that this program reads; little-endian. */
public enum TensorType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  I64(8),
  I32(4),
  U8(1);

  private final int bytes;

  TensorType(int bytes) {
    this.bytes = bytes;
  }

  public int bytes() {
    return bytes;
  }

  double get(MemorySegment data, long index) {
    return switch (this) {
      case F64 ->
          data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 8 * index);
      case F32 ->
          data.get(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 4 * index);
      case F16 -> ElementType.F16.get(data, index);
      case BF16 -> ElementType.BF16.get(data, index);
      case I64 ->
          data.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 8 * index);
      case I32 ->
          data.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 4 * index);
      case U8 -> data.get(ValueLayout.JAVA_BYTE, index) & 0xff;
    };
  }

  /**
   * The engine's type of the same name.
   *
   * @throws IllegalArgumentException for the integer types
   */
  public ElementType elementType() {
    return switch (this) {
      case F64 -> ElementType.F64;
      case F32 -> ElementType.F32;
      case F16 -> ElementType.F16;
      case BF16 -> ElementType.BF16;
      case I64, I32, U8 -> throw new IllegalArgumentException(this + " is no floating-point type");
    };
  }
}
