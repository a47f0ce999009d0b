package dev.yololoss.host;

import dev.yololoss.ElementType;
import dev.yololoss.TensorException;
import java.lang.foreign.MemorySegment;

/** What memory has to be before C++ may touch it: a wrong address there ends the whole JVM. */
final class HostMemory {
  private HostMemory() {}

  /** Of one layer's tensor; the words are put together only where something is wrong. */
  static void require(String what, int layer, MemorySegment memory, ElementType type) {
    if (!memory.isNative() || memory.address() == 0 || memory.address() % type.bytes() != 0) {
      require(what + " " + layer, memory, type);
    }
  }

  static void require(String what, MemorySegment memory, ElementType type) {
    if (!memory.isNative()) {
      throw new TensorException(
          what + " is heap memory; the backend NATIVE takes off-heap memory only");
    }
    if (memory.address() == 0) {
      throw new TensorException(what + " is a null pointer");
    }
    if (memory.address() % type.bytes() != 0) {
      throw new TensorException(
          what
              + " starts at an address that is no multiple of "
              + type.bytes()
              + "; the backend NATIVE needs that of "
              + type);
    }
  }
}
