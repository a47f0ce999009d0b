package dev.yololoss.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import dev.yololoss.HeadTensor;
import dev.yololoss.TensorException;
import dev.yololoss.spec.LossSpec;
import java.util.ArrayList;
import java.util.List;

/** The heads' own memory as the engine's tensors; valid while the arrays are open. */
final class HeadViews {
  private HeadViews() {}

  /** What can be said without reaching for their memory, which asks for PyTorch's own arrays. */
  static void check(LossSpec spec, NDList heads) {
    int expected = spec.heads().heads().size();
    if (heads.size() != expected) {
      throw new TensorException(
          heads.size() + " heads; the loss has " + expected + ", in the order of its description");
    }
    for (int layer = 0; layer < expected; layer++) {
      requirePlain(layer, heads.get(layer));
      requireDevice(layer, heads.get(layer).getDevice(), heads.head().getDevice());
      requireShape(
          layer,
          heads.get(layer).getShape(),
          spec.heads().anchorsOf(layer).size(),
          spec.attributes());
    }
  }

  /**
   * One view a head.
   *
   * @param heads as {@link #check} has found them
   */
  static List<HeadTensor> of(LossSpec spec, NDList heads, TorchMemory memory) {
    List<HeadTensor> views = new ArrayList<>();
    for (int layer = 0; layer < heads.size(); layer++) {
      int anchors = spec.heads().anchorsOf(layer).size();
      views.add(memory.view(layer, heads.get(layer), anchors, spec.attributes()));
    }
    return List.copyOf(views);
  }

  private static void requireShape(int layer, Shape shape, int anchors, int attributes) {
    boolean fits = shape.dimension() == 4 && shape.get(1) == (long) anchors * attributes;
    if (!fits || shape.size() == 0) {
      throw new TensorException(
          "head "
              + layer
              + " has the shape "
              + shape
              + "; must be [images, "
              + anchors * attributes
              + ", rows, columns]: "
              + anchors
              + " anchors x "
              + attributes
              + " values, and none of them 0");
    }
  }

  private static void requireDevice(int layer, Device device, Device first) {
    if (!device.isGpu() && !device.equals(Device.cpu())) {
      throw new TensorException(
          "head " + layer + " is on " + device + "; must be on the CPU or a GPU of NVIDIA's");
    }
    if (!device.equals(first)) {
      throw new TensorException(
          "head " + layer + " is on " + device + "; must be on " + first + ", where head 0 is");
    }
  }

  private static void requirePlain(int layer, NDArray head) {
    if (!(head instanceof PtNDArray)) {
      throw new TensorException(
          "head " + layer + " is a " + head.getClass().getName() + "; must be of engine PyTorch");
    }
    if (head.getDataType() != DataType.FLOAT32) {
      throw new TensorException(
          "head " + layer + " is of type " + head.getDataType() + "; must be FLOAT32");
    }
  }
}
