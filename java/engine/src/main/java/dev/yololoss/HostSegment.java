package dev.yololoss;

import java.lang.foreign.MemorySegment;

/** Memory of this machine that Java can read. */
public record HostSegment(MemorySegment segment) implements TensorMemory {
  @Override
  public long byteSize() {
    return segment.byteSize();
  }
}
