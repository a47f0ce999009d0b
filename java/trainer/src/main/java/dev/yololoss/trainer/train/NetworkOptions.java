package dev.yololoss.trainer.train;

import java.util.List;

/**
 * The network's outputs.
 *
 * @param strides of its heads, where the loss's description has none
 */
public record NetworkOptions(List<Integer> strides, HeadType headType) {
  private static final int LARGEST_STRIDE = 64;

  public NetworkOptions {
    strides = List.copyOf(strides);
  }

  /** Whether the network can have a head of this stride: 2, 4, 8, 16, 32 and 64. */
  public static boolean allowsStride(int stride) {
    return stride >= 2 && stride <= LARGEST_STRIDE && Integer.bitCount(stride) == 1;
  }
}
