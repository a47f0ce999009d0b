package dev.yololoss.trainer.optimize;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;

/** A parameter's own memory. */
public final class ParameterMemory {
  private ParameterMemory() {}

  /**
   * The values where PyTorch keeps them; what is put there is what the network uses next.
   *
   * @throws IllegalArgumentException if they are not float32, or not in one piece
   */
  public static FloatBuffer of(String name, NDArray parameter) {
    if (parameter.getDataType() != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          name + " is of type " + parameter.getDataType() + "; must be FLOAT32");
    }
    var memory = parameter.toByteBuffer(true);
    // DJL answers an array that is not contiguous with a fresh copy each time, and does not say so:
    // what is written there would be lost.
    long again = MemorySegment.ofBuffer(parameter.toByteBuffer(true)).address();
    if (MemorySegment.ofBuffer(memory).address() != again) {
      throw new IllegalArgumentException(name + " is not contiguous");
    }
    return memory.asFloatBuffer();
  }
}
