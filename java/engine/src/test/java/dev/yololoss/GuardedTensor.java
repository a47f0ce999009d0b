package dev.yololoss;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A tensor inside a bigger buffer that was filled with one byte, so that a write beside its
 * elements shows.
 */
public record GuardedTensor(MemorySegment buffer, HeadTensor tensor, byte filling) {
  /** Where bytes that belong to no element have changed. */
  public List<Long> strayWrites() {
    BitSet own = new BitSet();
    long start = tensor.memory().address() - buffer.address();
    int bytes = tensor.type().bytes();
    TensorValues.forEachIndex(
        tensor,
        index -> {
          int first = Math.toIntExact(start + index * bytes);
          own.set(first, first + bytes);
        });
    List<Long> stray = new ArrayList<>();
    for (int i = own.nextClearBit(0); i < buffer.byteSize(); i = own.nextClearBit(i + 1)) {
      if (buffer.get(ValueLayout.JAVA_BYTE, i) != filling) {
        stray.add((long) i);
      }
    }
    return stray;
  }
}
