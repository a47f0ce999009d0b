package dev.yololoss.trainer.report;

import java.util.List;

/**
 * What one epoch of training came to.
 *
 * @param epoch counted from 1
 * @param learningRate at the end of the epoch
 * @param losses mean over the epoch
 * @param layers each head's share of them, in the order of the loss
 */
public record EpochReport(
    int epoch,
    double learningRate,
    Losses losses,
    Matches matches,
    Pace pace,
    Precision precision,
    List<Losses> layers) {
  /**
   * @throws IllegalArgumentException if the epoch is below 1
   */
  public EpochReport {
    layers = List.copyOf(layers);
    if (epoch < 1) {
      throw new IllegalArgumentException("epoch " + epoch + ": must be 1 or more");
    }
  }
}
