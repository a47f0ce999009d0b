package dev.yololoss.trainer.data;

import java.util.SplittableRandom;

/**
 * Random numbers that depend on what they are for and not on when or by which thread they are
 * drawn: every (seed, epoch, item) has a stream of its own.
 */
final class RandomStreams {
  private RandomStreams() {}

  static SplittableRandom of(long seed, long epoch, long item) {
    return new SplittableRandom(mix(mix(mix(seed) + epoch) + item));
  }

  /** 0 to {@code length - 1} in random order. */
  static int[] permutation(int length, SplittableRandom random) {
    int[] order = new int[length];
    for (int i = 0; i < length; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  /** A bijection that spreads neighbours far apart (the finaliser of SplitMix64). */
  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
