package dev.yololoss.trainer.optimize;

/**
 * A schedule that is reached along a straight line.
 *
 * @param steps that the line takes; 0 for none
 */
record WarmUp(double steps, Schedule schedule) implements Schedule {
  @Override
  public double at(long step) {
    double rate = schedule.at(step);
    return step < steps ? rate * step / steps : rate;
  }
}
