package dev.yololoss.backend;

import dev.yololoss.TensorMemory;

/** Memory of an engine's own gradients, where its backend computes. */
public interface GradientMemory {
  /** Memory that is there until {@link #free}, its content anything. */
  TensorMemory allocate(long bytes);

  /** Frees all of it. Idempotent. */
  void free();
}
