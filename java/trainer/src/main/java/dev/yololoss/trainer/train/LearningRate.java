package dev.yololoss.trainer.train;

import ai.djl.training.tracker.Tracker;

/**
 * The learning rate over a run: up in a straight line, then down along half a cosine.
 *
 * @param peak the highest
 * @param steps of the run, at least 1
 */
record LearningRate(double peak, int steps) implements Tracker {
  private static final double WARM_UP_SHARE = 0.1;
  private static final int MOST_WARM_UP_STEPS = 300;
  private static final double LAST_SHARE = 0.01;

  /**
   * The rate of a step.
   *
   * @param step counted from 1
   */
  double at(int step) {
    double warmUp = Math.max(1, Math.min(MOST_WARM_UP_STEPS, WARM_UP_SHARE * steps));
    if (step <= warmUp) {
      return peak * step / warmUp;
    }
    double progress = Math.min(1, (step - warmUp) / Math.max(1, steps - warmUp));
    return peak * (LAST_SHARE + (1 - LAST_SHARE) * (1 + Math.cos(Math.PI * progress)) / 2);
  }

  @Override
  public float getNewValue(int step) {
    return (float) at(step);
  }
}
