package dev.yololoss.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.TensorException;
import dev.yololoss.spec.LossSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The heads' own memory as the engine's tensors; valid while the arrays are open. */
final class HeadViews {
  private HeadViews() {}

  static List<HeadTensor> of(LossSpec spec, NDList heads) {
    int expected = spec.heads().heads().size();
    if (heads.size() != expected) {
      throw new TensorException(
          heads.size() + " heads; the loss has " + expected + ", in the order of its description");
    }
    List<HeadTensor> views = new ArrayList<>();
    for (int layer = 0; layer < expected; layer++) {
      views.add(
          of(layer, heads.get(layer), spec.heads().anchorsOf(layer).size(), spec.attributes()));
    }
    return List.copyOf(views);
  }

  private static HeadTensor of(int layer, NDArray head, int anchors, int attributes) {
    requirePlain(layer, head);
    Shape shape = head.getShape();
    if (shape.dimension() != 4 || shape.get(1) != (long) anchors * attributes) {
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
              + " values");
    }
    return HeadTensor.nchw(
        memory(layer, head),
        ElementType.F32,
        Math.toIntExact(shape.get(0)),
        anchors,
        attributes,
        Math.toIntExact(shape.get(2)),
        Math.toIntExact(shape.get(3)));
  }

  private static void requirePlain(int layer, NDArray head) {
    if (!(head instanceof PtNDArray)) {
      throw new TensorException(
          "head " + layer + " is a " + head.getClass().getName() + "; must be of engine PyTorch");
    }
    if (!head.getDevice().equals(Device.cpu())) {
      throw new TensorException(
          "head " + layer + " is on " + head.getDevice() + "; must be on the CPU");
    }
    if (head.getDataType() != DataType.FLOAT32) {
      throw new TensorException(
          "head " + layer + " is of type " + head.getDataType() + "; must be FLOAT32");
    }
  }

  private static MemorySegment memory(int layer, NDArray head) {
    MemorySegment memory = MemorySegment.ofBuffer(head.toByteBuffer(true));
    // DJL answers a tensor that is not contiguous with a fresh copy each time, and does not say so.
    MemorySegment again = MemorySegment.ofBuffer(head.toByteBuffer(true));
    if (memory.address() != again.address()) {
      throw new TensorException(
          "head " + layer + " is not contiguous; make it so in the network, where it shows");
    }
    return memory;
  }
}
