package dev.yololoss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.yololoss.HeadTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The engine's gradients as PyTorch's arrays, over the same memory. PyTorch's graph may go on
 * reading that memory after these are closed, up to its backward pass.
 */
final class GradientArrays implements AutoCloseable {
  private static final NDIndex FIRST = new NDIndex("0:1");

  private final NDManager manager;
  private final List<NDArray> memories = new ArrayList<>();
  private final List<NDArray> flat = new ArrayList<>();

  /**
   * Takes gradients in whatever order the engine has them.
   *
   * @param heads whose gradients they are; their manager's engine and device are used
   * @param gradients on the device of the heads
   */
  GradientArrays(TorchMemory memory, NDList heads, List<HeadTensor> gradients) {
    NDArray head = heads.head();
    manager = head.getManager().getEngine().newBaseManager(head.getDevice());
    try {
      for (HeadTensor gradient : gradients) {
        NDArray array = memory.over(manager, gradient);
        memories.add(array);
        flat.add(inOrderOfHead(array, gradient));
      }
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
    // They live until the engine's next step, not until a scope of the caller's ends.
    memories.forEach(NDScope::unregister);
    flat.forEach(NDScope::unregister);
  }

  /** One array of one dimension per head, in the order of {@code head.flatten()}. */
  List<NDArray> flat() {
    return flat;
  }

  /**
   * The sum over the heads of head times gradient, element by element. Its derivative is {@code 1 *
   * gradient} for each head, bit for bit.
   */
  NDArray sumOfProducts(NDList heads) {
    NDArray sum = null;
    for (int layer = 0; layer < heads.size(); layer++) {
      try (NDArray row = heads.get(layer).flatten()) {
        NDArray product = row.dot(flat.get(layer));
        sum = sum == null ? product : closing(sum, product);
      }
    }
    return sum;
  }

  /**
   * Tells PyTorch that the memory changes: it counts writes, and refuses a backward pass that would
   * read what was there before.
   */
  void announceChange() {
    for (NDArray memory : memories) {
      try (NDArray first = memory.get(FIRST)) {
        first.addi(0);
      }
    }
  }

  @Override
  public void close() {
    manager.close();
  }

  private static NDArray inOrderOfHead(NDArray array, HeadTensor gradient) {
    boolean attributeLast = gradient.strides().attribute() == 1;
    if (!attributeLast) {
      return array;
    }
    Shape shape =
        new Shape(
            gradient.images(),
            gradient.anchors(),
            gradient.height(),
            gradient.width(),
            gradient.attributes());
    try (NDArray shaped = array.reshape(shape);
        NDArray turned = shaped.transpose(0, 1, 4, 2, 3)) {
      return turned.flatten();
    }
  }

  private static NDArray closing(NDArray sum, NDArray product) {
    try (sum;
        product) {
      return sum.add(product);
    }
  }
}
