package dev.yololoss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.yololoss.DevicePointer;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.HostSegment;
import dev.yololoss.TensorException;
import dev.yololoss.TensorMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Through the addresses that libtorch's C functions give: tensors of any device, size and order in
 * memory.
 *
 * @param onDevice whether an array lies in memory of a CUDA device
 */
record TorchPointers(TorchFunctions torch, Predicate<NDArray> onDevice) implements TorchMemory {
  /** Empty if the loaded PyTorch does not export the functions. */
  static Optional<TorchPointers> find() {
    return TorchFunctions.find()
        .map(torch -> new TorchPointers(torch, array -> array.getDevice().isGpu()));
  }

  @Override
  public HeadTensor view(int layer, NDArray head, int anchors, int attributes) {
    Shape shape = head.getShape();
    long[] strides = strides(layer, head);
    long last = 0;
    for (int i = 0; i < strides.length; i++) {
      last += (shape.get(i) - 1) * strides[i];
    }
    return new HeadTensor(
        place(head, (last + 1) * Float.BYTES),
        ElementType.F32,
        Math.toIntExact(shape.get(0)),
        anchors,
        attributes,
        Math.toIntExact(shape.get(2)),
        Math.toIntExact(shape.get(3)),
        new HeadTensor.Strides(
            strides[0], attributes * strides[1], strides[1], strides[2], strides[3]));
  }

  @SuppressWarnings("restricted")
  private TensorMemory place(NDArray head, long bytes) {
    MemorySegment address = address(head);
    return isOnDevice(head)
        ? new DevicePointer(address.address(), bytes, Math.max(0, head.getDevice().getDeviceId()))
        : new HostSegment(address.reinterpret(bytes));
  }

  @Override
  public NDArray over(NDManager manager, HeadTensor gradient) {
    MemorySegment address =
        gradient.isOnDevice()
            ? MemorySegment.ofAddress(gradient.pointer().address())
            : gradient.memory();
    long tensor = torch.tensorFromBlob(address, gradient.size(), manager.getDevice());
    return new PtNDArray((PtNDManager) manager, tensor);
  }

  @Override
  public boolean isOnDevice(NDArray array) {
    return onDevice.test(array);
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
