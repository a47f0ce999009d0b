package dev.yololoss.trainer.optimize;

import java.util.List;

/** How gradients move the parameters. */
public enum OptimizerKind {
  /** Adam, betas 0.9 and 0.999: indifferent to the size of a loss, so it suits every preset. */
  ADAM(3e-3, 1e-3, 3e-3, 1e-2),
  /** Stochastic gradient descent with momentum. */
  SGD(1e-2, 1e-3, 1e-2, 1e-1);

  private final double learningRate;
  private final List<Double> trialRates;

  OptimizerKind(double learningRate, Double... trialRates) {
    this.learningRate = learningRate;
    this.trialRates = List.of(trialRates);
  }

  /** What is tried where losses whose gradients differ in size are compared. */
  public List<Double> trialRates() {
    return trialRates;
  }

  /** The highest learning rate of a run, unless it is given. */
  public double learningRate() {
    return learningRate;
  }
}
