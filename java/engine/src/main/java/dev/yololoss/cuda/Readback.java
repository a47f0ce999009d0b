package dev.yololoss.cuda;

import java.lang.foreign.MemorySegment;

/**
 * Copies device memory to this machine on demand, and waits. The context is current to all of it.
 */
final class Readback implements AutoCloseable {
  private static final long CHUNK = 4L << 20;

  private final CudaContext context;
  private final Event copied;
  private PinnedMemory pinned;

  Readback(CudaContext context) {
    this.context = context;
    this.copied = new Event(context.driver());
  }

  /** Copies after all earlier work on the stream. */
  void read(long from, MemorySegment to, long stream) {
    if (pinned == null) {
      pinned = new PinnedMemory(context, CHUNK);
    }
    for (long done = 0; done < to.byteSize(); done += CHUNK) {
      long bytes = Math.min(CHUNK, to.byteSize() - done);
      context.driver().memcpyDtoHAsync(pinned.segment(), from + done, bytes, stream);
      copied.record(stream);
      copied.synchronize();
      MemorySegment.copy(pinned.segment(), 0, to, done, bytes);
    }
  }

  /** Idempotent. */
  @Override
  public void close() {
    try (CloseAll all = new CloseAll()) {
      all.add(copied);
      if (pinned != null) {
        all.add(pinned);
      }
    }
  }
}
