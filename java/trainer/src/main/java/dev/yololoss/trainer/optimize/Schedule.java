package dev.yololoss.trainer.optimize;

/** The learning rate over a run. */
@FunctionalInterface
public interface Schedule {
  /**
   * The rate of a step.
   *
   * @param step counted from 1
   * @return greater than 0
   */
  double at(long step);
}
