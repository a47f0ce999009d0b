package dev.yololoss;

import java.util.BitSet;
import java.util.List;

/**
 * The slots that pay nothing for objectness because of the ignore rule. Matched slots are never
 * among them.
 *
 * @param layers per layer one bit a slot, counted by image, anchor, row and column
 */
public record IgnoreMask(List<BitSet> layers) {
  public IgnoreMask {
    layers = layers.stream().map(bits -> (BitSet) bits.clone()).toList();
  }

  /** The number of ignored slots. */
  public long count() {
    return layers.stream().mapToLong(BitSet::cardinality).sum();
  }
}
