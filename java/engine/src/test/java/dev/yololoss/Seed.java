package dev.yololoss;

import java.util.stream.LongStream;

/**
 * The seed of a random test: printed when the test class starts, and taken from {@code -Dseed=} to
 * see a failure again or to look at other cases.
 */
public record Seed(long value) {
  private static final long DEFAULT = 20_250_214;

  /** The seed of this run. */
  public static Seed of(Class<?> test) {
    Seed seed = new Seed(Long.getLong("seed", DEFAULT));
    System.out.println(test.getSimpleName() + ": -Dseed=" + seed.value);
    return seed;
  }

  /** Seeds that differ from each other and from those of neighbouring runs. */
  public LongStream draws(int count) {
    return LongStream.range(0, count).map(i -> value * 1_000_003 + i);
  }
}
