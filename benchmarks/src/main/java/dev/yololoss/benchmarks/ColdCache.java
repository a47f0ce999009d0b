package dev.yololoss.benchmarks;

/** Pushes everything else out of the processor's caches, as the network's own layers do. */
final class ColdCache {
  private static final int BYTES = 128 << 20;
  private static final int LINE = 64;

  private final byte[] sweep = new byte[BYTES];

  /** Returns what it read, so that nobody optimises the reading away. */
  int flush() {
    int sum = 0;
    for (int at = 0; at < BYTES; at += LINE) {
      sum += ++sweep[at];
    }
    return sum;
  }
}
