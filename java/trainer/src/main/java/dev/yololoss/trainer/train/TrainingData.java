package dev.yololoss.trainer.train;

import dev.yololoss.trainer.data.DetectionDataSet;
import dev.yololoss.trainer.data.GeneratedShapes;
import dev.yololoss.trainer.data.InputSizes;
import dev.yololoss.trainer.data.ScaledImages;

/**
 * A data set and its images, scaled and kept; several runs may share it.
 *
 * @param scaled at the size of evaluation
 * @param training at the sizes that training draws from
 */
public record TrainingData(DetectionDataSet set, ScaledImages scaled, InputSizes training) {
  private static final long IMAGE_BYTES = 1L << 30;

  /**
   * Reads what the options name.
   *
   * @throws dev.yololoss.trainer.data.DataException if it cannot be read
   */
  public static TrainingData read(TrainingOptions options) {
    return of(
        options.data().isPresent()
            ? DetectionDataSet.read(options.data().get(), options.splitSeed())
            : GeneratedShapes.standard(options.splitSeed()).dataSet(),
        options.input());
  }

  /** A data set that was read. */
  public static TrainingData of(DetectionDataSet set, InputOptions input) {
    ScaledImages scaled = new ScaledImages(input.size(), IMAGE_BYTES);
    boolean oneSize = input.trainingSizes().stream().allMatch(size -> size == input.size());
    return new TrainingData(
        set,
        scaled,
        oneSize ? InputSizes.one(scaled) : InputSizes.of(input.trainingSizes(), IMAGE_BYTES));
  }
}
