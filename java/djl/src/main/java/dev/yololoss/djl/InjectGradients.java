package dev.yololoss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.yololoss.HeadTensor;
import java.util.List;

/** Starts PyTorch's backward pass with gradients that somebody else computed. */
final class InjectGradients {
  private InjectGradients() {}

  static void into(NDList heads, List<HeadTensor> gradients, TorchMemory memory) {
    try (GradientArrays arrays = new GradientArrays(memory, heads, gradients)) {
      if (heads.size() == 1) {
        NDArray head = heads.head();
        try (NDArray gradient = arrays.flat().getFirst().reshape(head.getShape())) {
          backward(head, gradient);
        }
      } else {
        // One pass for all heads, since the first one frees the graph that they share.
        try (NDArray sum = arrays.sumOfProducts(heads);
            NDArray one = sum.onesLike()) {
          backward(sum, one);
        }
      }
    }
  }

  private static void backward(NDArray root, NDArray gradient) {
    JniUtils.backward((PtNDArray) root, (PtNDArray) gradient, false, false);
  }
}
