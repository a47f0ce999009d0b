package dev.yololoss.trainer.train;

import dev.yololoss.Backend;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What to train and how.
 *
 * @param data folder of the data set; empty for generated shapes
 * @param loss which loss
 * @param strides of the network's heads, where the loss's description has none
 * @param epochs at least 1
 * @param size side of the network's input in pixels, a multiple of the largest stride
 * @param batch images per step, at least 1
 * @param backend where the loss is computed
 * @param optimizer how parameters move
 * @param learningRate the highest, greater than 0
 * @param seed of the split, the anchors, the parameters, the order and the augmentation
 * @param out folder for what the run leaves behind; made if it is not there
 */
public record TrainingOptions(
    Optional<Path> data,
    LossChoice loss,
    List<Integer> strides,
    int epochs,
    int size,
    int batch,
    Backend backend,
    OptimizerKind optimizer,
    double learningRate,
    long seed,
    Path out) {
  private static final int LARGEST_STRIDE = 64;

  public TrainingOptions {
    strides = List.copyOf(strides);
  }

  /** Whether the network can have a head of this stride: 2, 4, 8, 16, 32 and 64. */
  public static boolean allowsStride(int stride) {
    return stride >= 2 && stride <= LARGEST_STRIDE && Integer.bitCount(stride) == 1;
  }
}
