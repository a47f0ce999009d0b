package dev.yololoss.djl;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The running means that DJL's listeners read, by their key. */
final class Accumulators {
  private record Sum(long batches, double total) {
    static final Sum NOTHING = new Sum(0, 0);

    Sum plus(double value) {
      return new Sum(batches + 1, total + value);
    }
  }

  private final Map<String, Sum> sums = new ConcurrentHashMap<>();

  /** Starts a mean, or starts it anew. */
  void reset(String key) {
    sums.put(key, Sum.NOTHING);
  }

  void add(String key, double value) {
    sums.compute(key, (k, sum) -> of(k, sum).plus(value));
  }

  /** NaN before the first value. */
  float mean(String key) {
    Sum sum = of(key, sums.get(key));
    return (float) (sum.total / sum.batches);
  }

  private static Sum of(String key, Sum sum) {
    if (sum == null) {
      throw new IllegalArgumentException("no accumulator \"" + key + "\" was added to this loss");
    }
    return sum;
  }
}
