package dev.yololoss.trainer.data;

/**
 * Which pixels of a source row, and with what weights, make each pixel of a target row: linear
 * interpolation when enlarging, an average over the covered pixels when shrinking, so that small
 * things do not flicker in and out of a shrunk image.
 */
final class AxisWeights {
  private final int taps;
  private final int[] first;
  private final float[] weights;

  /** The target pixels {@code from} (included) to {@code to} (excluded) lie inside the source. */
  private int from;

  private int to;

  /**
   * @param start of the source in target pixels
   * @param length of the source in target pixels
   */
  AxisWeights(int source, int target, double start, double length, Mirror mirror) {
    double step = source / length;
    double radius = Math.max(1, step);
    taps = (int) Math.ceil(radius) * 2 + 1;
    first = new int[target];
    weights = new float[target * taps];
    from = target;
    for (int i = 0; i < target; i++) {
      double position = (i + 0.5 - start) * step;
      if (position < 0 || position >= source) {
        continue;
      }
      from = Math.min(from, i);
      to = i + 1;
      fill(i, mirror == Mirror.NONE ? position : source - position, radius, source);
    }
    from = Math.min(from, to);
  }

  private void fill(int target, double position, double radius, int source) {
    int begin = Math.max(0, Math.min((int) Math.floor(position - radius), source - taps));
    double sum = 0;
    double[] row = new double[taps];
    for (int tap = 0; tap < Math.min(taps, source - begin); tap++) {
      double distance = Math.abs(begin + tap + 0.5 - position) / radius;
      row[tap] = Math.max(0, 1 - distance);
      sum += row[tap];
    }
    first[target] = begin;
    for (int tap = 0; tap < taps; tap++) {
      weights[target * taps + tap] = (float) (row[tap] / sum);
    }
  }

  /** How many source pixels may count; those past the end of the source weigh 0. */
  int taps() {
    return taps;
  }

  /** The first source pixel of a target pixel. */
  int first(int target) {
    return first[target];
  }

  float weight(int target, int tap) {
    return weights[target * taps + tap];
  }

  int from() {
    return from;
  }

  int to() {
    return to;
  }
}
