package dev.yololoss.backend;

import dev.yololoss.HostSegment;
import dev.yololoss.TensorMemory;
import java.lang.foreign.Arena;

/** Memory of this machine. */
public final class HostGradientMemory implements GradientMemory {
  private static final long CACHE_LINE = 64;

  private Arena arena;

  @Override
  public TensorMemory allocate(long bytes) {
    if (arena == null) {
      arena = Arena.ofShared();
    }
    return new HostSegment(arena.allocate(bytes, CACHE_LINE));
  }

  @Override
  public void free() {
    if (arena != null) {
      arena.close();
      arena = null;
    }
  }
}
