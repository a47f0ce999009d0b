package dev.yololoss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.yololoss.HeadTensor;
import java.nio.ByteOrder;
import java.util.List;

/** Starts PyTorch's backward pass with gradients that somebody else computed. */
final class InjectGradients {
  private InjectGradients() {}

  static void into(NDList heads, List<HeadTensor> gradients) {
    try (NDManager step = heads.head().getManager().newSubManager()) {
      if (heads.size() == 1) {
        backward(heads.head(), view(step, heads.head(), gradients.getFirst()));
      } else {
        backwardTogether(step, heads, gradients);
      }
    }
  }

  /**
   * One backward pass for all heads, since the first one frees the graph they share: {@code d = sum
   * over i of h_i . g_i} has the derivative {@code 1 * g_i} for h_i, bit for bit.
   */
  private static void backwardTogether(NDManager step, NDList heads, List<HeadTensor> gradients) {
    NDArray sum = null;
    for (int layer = 0; layer < heads.size(); layer++) {
      NDArray head = heads.get(layer);
      NDArray product = head.flatten().dot(view(step, head, gradients.get(layer)).flatten());
      product.attach(step);
      sum = sum == null ? product : sum.add(product);
    }
    sum.attach(step);
    backward(sum, step.ones(sum.getShape()));
  }

  private static void backward(NDArray root, NDArray gradient) {
    JniUtils.backward((PtNDArray) root, (PtNDArray) gradient, false, false);
  }

  /** The engine's memory as an array: DJL takes a direct buffer as it is. */
  static NDArray view(NDManager manager, NDArray head, HeadTensor gradient) {
    return manager.create(
        gradient.memory().asByteBuffer().order(ByteOrder.nativeOrder()),
        head.getShape(),
        DataType.FLOAT32);
  }
}
