package dev.yololoss.reference;

import dev.yololoss.HeadTensor;
import dev.yololoss.NonFinite;
import java.util.Optional;

/**
 * One head's raw outputs, and the first non-finite one among those that were read.
 *
 * <p>Slots count images, anchors, rows and columns in this order, so the smallest (slot, attribute)
 * is the first.
 */
final class HeadValues {
  private final Grid grid;
  private final HeadTensor tensor;
  private long firstNonFinite = Long.MAX_VALUE;

  HeadValues(Grid grid, HeadTensor tensor) {
    this.grid = grid;
    this.tensor = tensor;
  }

  Grid grid() {
    return grid;
  }

  double read(int slot, int attribute) {
    double value = at(slot, attribute);
    if (!Double.isFinite(value)) {
      firstNonFinite = Math.min(firstNonFinite, (long) slot * grid.attributes() + attribute);
    }
    return value;
  }

  Optional<NonFinite> firstNonFinite() {
    if (firstNonFinite == Long.MAX_VALUE) {
      return Optional.empty();
    }
    int slot = (int) (firstNonFinite / grid.attributes());
    int attribute = (int) (firstNonFinite % grid.attributes());
    return Optional.of(
        locate(NonFinite.Kind.PREDICTION, grid, slot, attribute, at(slot, attribute)));
  }

  static NonFinite locate(NonFinite.Kind kind, Grid grid, int slot, int attribute, double value) {
    return new NonFinite(
        kind,
        grid.layer(),
        grid.imageOf(slot),
        grid.anchorOf(slot),
        grid.rowOf(slot),
        grid.columnOf(slot),
        attribute,
        value);
  }

  private double at(int slot, int attribute) {
    return tensor.get(
        grid.imageOf(slot), grid.anchorOf(slot), attribute, grid.rowOf(slot), grid.columnOf(slot));
  }
}
