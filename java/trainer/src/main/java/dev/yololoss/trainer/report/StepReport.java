package dev.yololoss.trainer.report;

/**
 * What one training step came to.
 *
 * @param batch counted from 1 within the epoch
 * @param images in the batch; at least 1
 * @param seconds the whole step
 * @param lossSeconds the part of it spent in the loss and its gradients
 */
public record StepReport(int batch, int images, Losses losses, double seconds, double lossSeconds) {
  /**
   * @throws IllegalArgumentException if batch or images is below 1, or a time is negative or NaN
   */
  public StepReport {
    if (batch < 1 || images < 1) {
      throw new IllegalArgumentException(
          "batch " + batch + " of " + images + " images: both must be 1 or more");
    }
    if (!(seconds >= 0 && lossSeconds >= 0)) {
      throw new IllegalArgumentException(
          "step of " + seconds + " s, loss of " + lossSeconds + " s: must not be negative");
    }
  }
}
