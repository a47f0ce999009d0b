package dev.yololoss.trainer.data;

/**
 * What becomes of the images of an epoch.
 *
 * @param batchSize images per batch, at least 1
 */
public record BatchOptions(
    Purpose purpose, int batchSize, Remainder remainder, Augmentation augmentation) {

  /** What the batches are for. */
  public enum Purpose {
    /** In an order shuffled by seed and epoch; ignored boxes are left out. */
    TRAINING,
    /** In the order of the list; ignored boxes are there and marked. */
    EVALUATION
  }

  /** What becomes of the images at the end that fill no batch. */
  public enum Remainder {
    KEEP,
    DROP
  }

  /**
   * @throws IllegalArgumentException if the batch size is below 1, or evaluation would not see
   *     every image as it is
   */
  public BatchOptions {
    if (batchSize < 1) {
      throw new IllegalArgumentException("batch size " + batchSize + "; must be at least 1");
    }
    if (purpose == Purpose.EVALUATION
        && (remainder == Remainder.DROP || !augmentation.equals(Augmentation.NONE))) {
      throw new IllegalArgumentException("evaluation must keep every image, and as it is");
    }
  }

  public static BatchOptions training(
      int batchSize, Remainder remainder, Augmentation augmentation) {
    return new BatchOptions(Purpose.TRAINING, batchSize, remainder, augmentation);
  }

  public static BatchOptions evaluation(int batchSize) {
    return new BatchOptions(Purpose.EVALUATION, batchSize, Remainder.KEEP, Augmentation.NONE);
  }

  int batches(int images) {
    return remainder == Remainder.KEEP ? Math.ceilDiv(images, batchSize) : images / batchSize;
  }
}
