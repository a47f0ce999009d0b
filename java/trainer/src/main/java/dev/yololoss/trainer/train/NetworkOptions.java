package dev.yololoss.trainer.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The network.
 *
 * @param strides of its heads, where neither the loss's description nor {@code start} has any
 * @param start a run's folder, or one of its checkpoints: its parameters are the first ones, and
 *     its heads are taken; random ones if empty
 */
public record NetworkOptions(List<Integer> strides, HeadType headType, Optional<Path> start) {
  private static final int LARGEST_STRIDE = 64;

  public NetworkOptions {
    strides = List.copyOf(strides);
  }

  /** With random first parameters. */
  public NetworkOptions(List<Integer> strides, HeadType headType) {
    this(strides, headType, Optional.empty());
  }

  /** The same, beginning where a run is. */
  public NetworkOptions with(Path run) {
    return new NetworkOptions(strides, headType, Optional.of(run));
  }

  /** The same with heads of another type. */
  public NetworkOptions with(HeadType type) {
    return new NetworkOptions(strides, type, start);
  }

  /** Whether the network can have a head of this stride: 2, 4, 8, 16, 32 and 64. */
  public static boolean allowsStride(int stride) {
    return stride >= 2 && stride <= LARGEST_STRIDE && Integer.bitCount(stride) == 1;
  }
}
