package dev.yololoss.trainer.data;

import java.util.List;

/** The sides of the network's input that training draws from, one for each batch. */
public final class InputSizes {
  // Streams of items count from 0, and -1 is the order of the images.
  private static final long FIRST_BATCH = -2;

  private final List<ScaledImages> sizes;

  private InputSizes(List<ScaledImages> sizes) {
    this.sizes = List.copyOf(sizes);
  }

  /** Always the same side. */
  public static InputSizes one(ScaledImages scaled) {
    return new InputSizes(List.of(scaled));
  }

  /**
   * Several sides, each as likely as the others.
   *
   * @param sides in pixels; at least one
   * @param budgetBytes the most memory to keep images in, all sides together
   */
  public static InputSizes of(List<Integer> sides, long budgetBytes) {
    if (sides.isEmpty()) {
      throw new IllegalArgumentException("no side; must be at least one");
    }
    long each = budgetBytes / sides.size();
    return new InputSizes(sides.stream().map(side -> new ScaledImages(side, each)).toList());
  }

  /** The same for equal seed, epoch and batch. */
  ScaledImages draw(long seed, int epoch, int batch) {
    return sizes.size() == 1
        ? sizes.getFirst()
        : sizes.get(RandomStreams.of(seed, epoch, FIRST_BATCH - batch).nextInt(sizes.size()));
  }
}
