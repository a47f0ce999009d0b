package dev.yololoss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.TensorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Through the addresses that libtorch's C functions give: tensors of any device, size and order in
 * memory.
 */
record TorchPointers(TorchFunctions torch) implements TensorMemory {
  /** Empty if the loaded PyTorch does not export the functions. */
  static Optional<TorchPointers> find() {
    return TorchFunctions.find().map(TorchPointers::new);
  }

  @Override
  @SuppressWarnings("restricted")
  public HeadTensor view(int layer, NDArray head, int anchors, int attributes) {
    Shape shape = head.getShape();
    long[] strides = strides(layer, head);
    long last = 0;
    for (int i = 0; i < strides.length; i++) {
      last += (shape.get(i) - 1) * strides[i];
    }
    return new HeadTensor(
        address(head).reinterpret((last + 1) * Float.BYTES),
        ElementType.F32,
        Math.toIntExact(shape.get(0)),
        anchors,
        attributes,
        Math.toIntExact(shape.get(2)),
        Math.toIntExact(shape.get(3)),
        new HeadTensor.Strides(
            strides[0], attributes * strides[1], strides[1], strides[2], strides[3]));
  }

  @Override
  public NDArray over(NDManager manager, MemorySegment memory) {
    long tensor =
        torch.tensorFromBlob(memory, memory.byteSize() / Float.BYTES, manager.getDevice());
    return new PtNDArray((PtNDManager) manager, tensor);
  }

  /** Where the first element stands, on whatever device. */
  MemorySegment address(NDArray array) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(ValueLayout.ADDRESS);
      torch.dataPointer(handle(array), answer);
      return answer.get(ValueLayout.ADDRESS, 0);
    }
  }

  @SuppressWarnings("restricted")
  private long[] strides(int layer, NDArray head) {
    Shape shape = head.getShape();
    long[] strides;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(ValueLayout.ADDRESS);
      torch.strides(handle(head), answer);
      long bytes = (long) shape.dimension() * Long.BYTES;
      strides =
          answer.get(ValueLayout.ADDRESS, 0).reinterpret(bytes).toArray(ValueLayout.JAVA_LONG);
    }
    for (int i = 0; i < strides.length; i++) {
      if (shape.get(i) == 1) {
        strides[i] = Math.max(1, strides[i]); // of no meaning, and PyTorch leaves anything there
      } else if (strides[i] == 0) {
        throw new TensorException(
            "head "
                + layer
                + " repeats its memory along dimension "
                + i
                + " (a broadcast); make it contiguous in the network");
      }
    }
    return strides;
  }

  private static MemorySegment handle(NDArray array) {
    return MemorySegment.ofAddress(((PtNDArray) array).getHandle());
  }
}
