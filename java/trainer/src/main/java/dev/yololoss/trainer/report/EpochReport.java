package dev.yololoss.trainer.report;

/**
 * What one epoch of training came to.
 *
 * @param epoch counted from 1
 * @param learningRate at the end of the epoch
 * @param losses mean over the epoch
 */
public record EpochReport(
    int epoch,
    double learningRate,
    Losses losses,
    Matches matches,
    Pace pace,
    Precision precision) {
  /**
   * @throws IllegalArgumentException if the epoch is below 1
   */
  public EpochReport {
    if (epoch < 1) {
      throw new IllegalArgumentException("epoch " + epoch + ": must be 1 or more");
    }
  }
}
