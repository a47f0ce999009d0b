package dev.yololoss.trainer.optimize;

import java.util.List;

/**
 * A rate that drops.
 *
 * @param drops the last step before each drop
 * @param factor what the rate is multiplied by at each
 */
record StepRate(double peak, List<Long> drops, double factor) implements Schedule {
  @Override
  public double at(long step) {
    return peak * Math.pow(factor, drops.stream().filter(last -> step > last).count());
  }
}
