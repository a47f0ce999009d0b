package dev.yololoss.reference;

import dev.yololoss.HeadTensor;
import dev.yololoss.NonFinite;
import dev.yololoss.NonFinitePolicy;
import java.util.List;
import java.util.Optional;

/** Writes a step's gradients, every element once. */
final class WriteGradients {
  private WriteGradients() {}

  /**
   * Writes {@code scale} times the gradient, rounded to each tensor's type.
   *
   * @return the first element that is not finite as stored; under ZERO it and its like are stored
   *     as 0
   */
  static Optional<NonFinite> of(
      List<Grid> grids,
      List<Ledger.LayerGradient> gradients,
      double scale,
      List<HeadTensor> tensors,
      NonFinitePolicy policy) {
    NonFinite first = null;
    for (int layer = 0; layer < grids.size(); layer++) {
      Grid grid = grids.get(layer);
      HeadTensor tensor = tensors.get(layer);
      for (int slot = 0; slot < grid.slots(); slot++) {
        double[] matched = gradients.get(layer).matched().get(slot);
        for (int attribute = 0; attribute < grid.attributes(); attribute++) {
          double value =
              attribute == 4
                  ? gradients.get(layer).objectness()[slot]
                  : matched == null ? 0 : matched[attribute];
          double stored = store(tensor, grid, slot, attribute, scale * value);
          if (!Double.isFinite(stored)) {
            first =
                first == null
                    ? HeadValues.locate(NonFinite.Kind.GRADIENT, grid, slot, attribute, stored)
                    : first;
            if (policy == NonFinitePolicy.ZERO) {
              store(tensor, grid, slot, attribute, 0);
            }
          }
        }
      }
    }
    return Optional.ofNullable(first);
  }

  static void zero(List<Grid> grids, List<HeadTensor> tensors) {
    for (int layer = 0; layer < tensors.size(); layer++) {
      for (int slot = 0; slot < grids.get(layer).slots(); slot++) {
        for (int attribute = 0; attribute < grids.get(layer).attributes(); attribute++) {
          store(tensors.get(layer), grids.get(layer), slot, attribute, 0);
        }
      }
    }
  }

  private static double store(HeadTensor tensor, Grid grid, int slot, int attribute, double value) {
    return tensor.set(
        grid.imageOf(slot),
        grid.anchorOf(slot),
        attribute,
        grid.rowOf(slot),
        grid.columnOf(slot),
        value);
  }
}
