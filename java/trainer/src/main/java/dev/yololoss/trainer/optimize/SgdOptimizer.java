package dev.yololoss.trainer.optimize;

/**
 * {@code v = momentum v + g; w = w - rate v}, as PyTorch has it: a change of the rate acts on the
 * whole velocity at once.
 */
final class SgdOptimizer extends StoredOptimizer {
  private final float momentum;

  SgdOptimizer(Schedule schedule, double momentum, double weightDecay) {
    super(schedule, weightDecay, 1);
    this.momentum = (float) momentum;
  }

  @Override
  void move(float[] values, float[] gradient, ParameterState state, double learningRate) {
    float[] velocity = state.moments().getFirst();
    float rate = (float) learningRate;
    for (int i = 0; i < values.length; i++) {
      velocity[i] = momentum * velocity[i] + gradient[i];
      values[i] -= rate * velocity[i];
    }
  }
}
