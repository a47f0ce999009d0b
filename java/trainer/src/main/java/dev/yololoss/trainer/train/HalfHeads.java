package dev.yololoss.trainer.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/**
 * Heads of 16 bits: the loss sees rounded outputs, and the network rounded gradients. DJL's change
 * of type has no derivative, so the graph is cut at the heads and joined by hand.
 */
final class HalfHeads {
  private HalfHeads() {}

  /** What is left of the values in 16 bits; without a graph. */
  static NDList rounded(NDList heads) {
    NDList rounded = new NDList();
    heads.forEach(head -> rounded.add(rounded(head)));
    return rounded;
  }

  /** Likewise, ready to take gradients of their own. */
  static NDList roundedLeaves(NDList heads) {
    NDList leaves = rounded(heads);
    leaves.forEach(leaf -> leaf.setRequiresGradient(true));
    return leaves;
  }

  /** Hands the leaves' gradients on to the network's own heads. */
  static void propagate(NDList leaves, NDList network) {
    for (int layer = 0; layer < leaves.size(); layer++) {
      boolean graphNeededAgain = layer < leaves.size() - 1;
      try (NDArray gradient = leaves.get(layer).getGradient()) {
        JniUtils.backward(
            (PtNDArray) network.get(layer), (PtNDArray) rounded(gradient), graphNeededAgain, false);
      }
    }
  }

  private static NDArray rounded(NDArray array) {
    return array.toType(DataType.FLOAT16, false).toType(DataType.FLOAT32, false);
  }
}
