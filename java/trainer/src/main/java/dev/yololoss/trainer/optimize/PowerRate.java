package dev.yololoss.trainer.optimize;

/**
 * The schedule of the series "YOLOv3 from scratch": {@code first + (peak - first) min(1 / i^q, i /
 * warm^(q+1)) warm^q}, at least 1e-7.
 *
 * @param exponent q
 * @param warm the step of the peak; at least 1
 */
record PowerRate(double first, double peak, double exponent, double warm) implements Schedule {
  private static final double LEAST = 1e-7;

  @Override
  public double at(long step) {
    double falling = 1 / Math.pow(step, exponent);
    double rising = step / Math.pow(warm, exponent + 1);
    double rate = first + (peak - first) * Math.min(falling, rising) * Math.pow(warm, exponent);
    return Math.max(LEAST, rate);
  }
}
