package dev.yololoss.benchmarks.cuda;

import java.util.Arrays;

/** How samples lie. */
record Spread(double p20, double p50, double p80) {
  static Spread of(double[] samples) {
    double[] sorted = samples.clone();
    Arrays.sort(sorted);
    return new Spread(at(sorted, 0.2), at(sorted, 0.5), at(sorted, 0.8));
  }

  private static double at(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
