package dev.yololoss.trainer.train;

import java.util.List;

/**
 * The network's inputs.
 *
 * @param size side in pixels at which is evaluated, and for which anchors and first biases are
 *     chosen; a multiple of the largest stride
 * @param trainingSizes sides from which each training batch draws one
 * @param batch images per step, at least 1
 */
public record InputOptions(int size, List<Integer> trainingSizes, int batch) {
  public InputOptions {
    trainingSizes = List.copyOf(trainingSizes);
  }

  /** Trains at the one size. */
  public static InputOptions of(int size, int batch) {
    return new InputOptions(size, List.of(size), batch);
  }
}
