package dev.yololoss.trainer.optimize;

/** How gradients move the parameters. */
public enum OptimizerKind {
  /** Adam, betas 0.9 and 0.999: indifferent to the size of a loss, so it suits every preset. */
  ADAM(3e-3),
  /** Stochastic gradient descent with momentum. */
  SGD(1e-2);

  private final double learningRate;

  OptimizerKind(double learningRate) {
    this.learningRate = learningRate;
  }

  /** The highest learning rate of a run, unless it is given. */
  public double learningRate() {
    return learningRate;
  }
}
