package dev.yololoss.trainer.optimize;

/**
 * Half a cosine from the peak to a hundredth of it.
 *
 * @param start the step until which the peak lasts
 * @param end the last step
 */
record CosineRate(double peak, double start, long end) implements Schedule {
  private static final double LAST_SHARE = 0.01;

  @Override
  public double at(long step) {
    double progress = Math.clamp((step - start) / Math.max(1, end - start), 0, 1);
    return peak * (LAST_SHARE + (1 - LAST_SHARE) * (1 + Math.cos(Math.PI * progress)) / 2);
  }
}
