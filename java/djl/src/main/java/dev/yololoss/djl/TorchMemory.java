package dev.yololoss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.yololoss.HeadTensor;
import dev.yololoss.TensorException;

/** How the memory of PyTorch's tensors is reached without copying it; float32 throughout. */
sealed interface TorchMemory permits DirectBuffers, TorchPointers {
  /** The better way that the loaded PyTorch offers. */
  static TorchMemory ofLoadedTorch() {
    return TorchPointers.find().<TorchMemory>map(p -> p).orElseGet(DirectBuffers::new);
  }

  /**
   * A head's own memory, valid while the array is open.
   *
   * @param head {@code [images, anchors * attributes, rows, columns]}
   * @throws TensorException if the head cannot be read where it lies
   */
  HeadTensor view(int layer, NDArray head, int anchors, int attributes);

  /**
   * An array of one dimension over contiguous memory that outlives it.
   *
   * @param manager of the device that the memory belongs to
   */
  NDArray over(NDManager manager, HeadTensor tensor);

  /** Whether an array lies in memory of a CUDA device. */
  boolean isOnDevice(NDArray array);
}
