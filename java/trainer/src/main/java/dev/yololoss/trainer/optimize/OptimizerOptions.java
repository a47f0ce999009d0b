package dev.yololoss.trainer.optimize;

/**
 * An optimiser and its numbers.
 *
 * @param kind which optimiser
 * @param momentum of SGD, 0 up to, not including, 1; Adam has its betas instead
 * @param weightDecay times the parameter is added to its gradient; 0 to 1
 */
public record OptimizerOptions(OptimizerKind kind, double momentum, double weightDecay) {
  /** The momentum of SGD where none is named. */
  public static final double USUAL_MOMENTUM = 0.9;

  /**
   * @throws IllegalArgumentException if a number is out of its range
   */
  public OptimizerOptions {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException("momentum is " + momentum + "; must be 0 to below 1");
    }
    if (!(weightDecay >= 0 && weightDecay <= 1)) {
      throw new IllegalArgumentException("weight decay is " + weightDecay + "; must be 0 to 1");
    }
  }

  /** Momentum 0.9, no weight decay. */
  public static OptimizerOptions of(OptimizerKind kind) {
    return new OptimizerOptions(kind, USUAL_MOMENTUM, 0);
  }

  /**
   * A new optimiser that has seen no step.
   *
   * @param schedule the learning rate of each step
   */
  public StoredOptimizer start(Schedule schedule) {
    return switch (kind) {
      case ADAM -> new AdamOptimizer(schedule, weightDecay);
      case SGD -> new SgdOptimizer(schedule, momentum, weightDecay);
    };
  }
}
