package dev.yololoss.cuda;

import java.lang.foreign.MemorySegment;

/** Memory of this machine that the device copies from and to by itself. */
final class PinnedMemory implements AutoCloseable {
  private final Driver driver;
  private final MemorySegment memory;
  private boolean closed;

  /**
   * Allocates memory, at least one byte.
   *
   * @throws dev.yololoss.OutOfDeviceMemoryException if there is not enough
   */
  PinnedMemory(CudaContext context, long bytes) {
    this.driver = context.driver();
    this.memory = context.allocatePinned(bytes);
  }

  /**
   * The memory.
   *
   * @throws IllegalStateException after close
   */
  MemorySegment segment() {
    if (closed) {
      throw new IllegalStateException("pinned memory is closed");
    }
    return memory;
  }

  long bytes() {
    return memory.byteSize();
  }

  /** Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      driver.memFreeHost(memory);
    }
  }
}
