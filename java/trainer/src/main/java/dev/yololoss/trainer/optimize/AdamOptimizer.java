package dev.yololoss.trainer.optimize;

/** Kingma and Ba's Adam (2015), algorithm 1, with betas 0.9 and 0.999 and epsilon 1e-8. */
final class AdamOptimizer extends StoredOptimizer {
  private static final double MEAN_KEPT = 0.9;
  private static final double VARIANCE_KEPT = 0.999;
  private static final float EPSILON = 1e-8f;

  AdamOptimizer(Schedule schedule, double weightDecay) {
    super(schedule, weightDecay, 2);
  }

  @Override
  void move(float[] values, float[] gradient, ParameterState state, double learningRate) {
    float[] mean = state.moments().get(0);
    float[] variance = state.moments().get(1);
    // Both averages start at 0 and are too small at first, by these factors.
    double meanShare = 1 - Math.pow(MEAN_KEPT, state.updates());
    double varianceShare = 1 - Math.pow(VARIANCE_KEPT, state.updates());
    float rate = (float) (learningRate / meanShare);
    float spread = (float) (1 / Math.sqrt(varianceShare));
    for (int i = 0; i < values.length; i++) {
      float slope = gradient[i];
      mean[i] += (float) (1 - MEAN_KEPT) * (slope - mean[i]);
      variance[i] += (float) (1 - VARIANCE_KEPT) * (slope * slope - variance[i]);
      values[i] -= rate * mean[i] / ((float) Math.sqrt(variance[i]) * spread + EPSILON);
    }
  }
}
