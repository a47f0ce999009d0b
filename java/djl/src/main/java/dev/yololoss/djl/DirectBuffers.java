package dev.yololoss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.TensorException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/** Through DJL's direct buffers: tensors on the CPU, contiguous, below 2 GiB. */
record DirectBuffers() implements TorchMemory {
  @Override
  public HeadTensor view(int layer, NDArray head, int anchors, int attributes) {
    if (isOnDevice(head)) {
      throw new TensorException(
          "head "
              + layer
              + " is on "
              + head.getDevice()
              + ", and this PyTorch does not export its address; copy it to the CPU");
    }
    MemorySegment memory = MemorySegment.ofBuffer(head.toByteBuffer(true));
    // DJL answers a tensor that is not contiguous with a fresh copy each time, and does not say so.
    MemorySegment again = MemorySegment.ofBuffer(head.toByteBuffer(true));
    if (memory.address() != again.address()) {
      throw new TensorException(
          "head "
              + layer
              + " is not contiguous, and this PyTorch does not export its strides; make it"
              + " contiguous in the network, where it shows");
    }
    Shape shape = head.getShape();
    return HeadTensor.nchw(
        memory,
        ElementType.F32,
        Math.toIntExact(shape.get(0)),
        anchors,
        attributes,
        Math.toIntExact(shape.get(2)),
        Math.toIntExact(shape.get(3)));
  }

  @Override
  public NDArray over(NDManager manager, HeadTensor tensor) {
    MemorySegment memory = tensor.memory();
    return manager.create(
        memory.asByteBuffer().order(ByteOrder.nativeOrder()),
        new Shape(memory.byteSize() / Float.BYTES),
        DataType.FLOAT32);
  }

  @Override
  public boolean isOnDevice(NDArray array) {
    return array.getDevice().isGpu();
  }
}
