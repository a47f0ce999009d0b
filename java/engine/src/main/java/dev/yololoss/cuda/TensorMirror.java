package dev.yololoss.cuda;

import dev.yololoss.DevicePointer;
import dev.yololoss.HeadTensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory of the device for tensors of this machine, and pinned memory that copies go through. Grows
 * to the largest that was asked for.
 *
 * <p>Going through memory of our own, a copy that the device does later never reads or writes the
 * caller's, which may be gone by then. The context is current to all of it.
 */
final class TensorMirror implements AutoCloseable {
  private static final long ALIGNMENT = 256;

  private final CudaContext context;
  private final Event copied;
  private DeviceMemory device;
  private PinnedMemory pinned;
  private long copiedBytes;

  TensorMirror(CudaContext context) {
    this.context = context;
    this.copied = new Event(context.driver());
  }

  /** How many bytes of tensors went through here. */
  long copiedBytes() {
    return copiedBytes;
  }

  /** The tensors, those of this machine copied to the device. */
  List<HeadTensor> upload(List<HeadTensor> tensors, long stream) {
    if (tensors.stream().allMatch(HeadTensor::isOnDevice)) {
      return tensors;
    }
    List<HeadTensor> there = place(tensors, false, stream);
    for (int n = 0; n < tensors.size(); n++) {
      HeadTensor tensor = tensors.get(n);
      if (!tensor.isOnDevice()) {
        MemorySegment through = pinnedOf(there.get(n));
        MemorySegment.copy(tensor.memory(), 0, through, 0, tensor.spanBytes());
        context
            .driver()
            .memcpyHtoDAsync(there.get(n).pointer().address(), through, tensor.spanBytes(), stream);
        copiedBytes += tensor.spanBytes();
      }
    }
    copied.record(stream);
    return there;
  }

  /** Tensors on the device in the shapes of others; those that are there already stay. */
  List<HeadTensor> standIns(List<HeadTensor> tensors, long stream) {
    return tensors.stream().allMatch(HeadTensor::isOnDevice)
        ? tensors
        : place(tensors, true, stream);
  }

  /** Copies stand-ins to the tensors of this machine that they stand for; waits. */
  void download(List<HeadTensor> standIns, List<HeadTensor> tensors, long stream) {
    for (int n = 0; n < tensors.size(); n++) {
      if (!tensors.get(n).isOnDevice()) {
        HeadTensor from = standIns.get(n);
        context
            .driver()
            .memcpyDtoHAsync(pinnedOf(from), from.pointer().address(), from.spanBytes(), stream);
      }
    }
    copied.record(stream);
    copied.synchronize();
    for (int n = 0; n < tensors.size(); n++) {
      HeadTensor to = tensors.get(n);
      if (!to.isOnDevice()) {
        CopyElements.copy(standIns.get(n).over(pinnedOf(standIns.get(n))), to);
        copiedBytes += to.size() * to.type().bytes();
      }
    }
  }

  /**
   * Finds room for each tensor of this machine.
   *
   * @param closeUp whether gaps between elements, which may be another's, are left out
   */
  private List<HeadTensor> place(List<HeadTensor> tensors, boolean closeUp, long stream) {
    List<HeadTensor> shapes = new ArrayList<>();
    long bytes = 0;
    for (HeadTensor t : tensors) {
      DevicePointer anywhere = new DevicePointer(ALIGNMENT, Long.MAX_VALUE, context.ordinal());
      HeadTensor shape =
          t.isOnDevice()
              ? t
              : closeUp && !t.isDense() ? t.contiguousOver(anywhere) : t.over(anywhere);
      shapes.add(shape);
      bytes += t.isOnDevice() ? 0 : aligned(shape.spanBytes());
    }
    reserve(bytes, stream);
    List<HeadTensor> there = new ArrayList<>();
    long at = 0;
    for (int n = 0; n < tensors.size(); n++) {
      HeadTensor shape = shapes.get(n);
      if (tensors.get(n).isOnDevice()) {
        there.add(shape);
      } else {
        there.add(
            shape.over(
                new DevicePointer(device.address() + at, shape.spanBytes(), context.ordinal())));
        at += aligned(shape.spanBytes());
      }
    }
    return there;
  }

  private void reserve(long bytes, long stream) {
    copied.synchronize(); // an earlier copy may still read the pinned memory
    if (device != null && device.bytes() >= bytes) {
      return;
    }
    context.driver().streamSynchronize(stream);
    free();
    DeviceMemory larger = new DeviceMemory(context, bytes);
    try {
      pinned = new PinnedMemory(context, bytes);
    } catch (RuntimeException e) {
      try (larger) {
        throw e;
      }
    }
    device = larger;
  }

  private MemorySegment pinnedOf(HeadTensor onDevice) {
    return pinned
        .segment()
        .asSlice(onDevice.pointer().address() - device.address(), onDevice.spanBytes());
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  private void free() {
    try (CloseAll all = new CloseAll()) {
      if (device != null) {
        all.add(device);
      }
      if (pinned != null) {
        all.add(pinned);
      }
    } finally {
      device = null;
      pinned = null;
    }
  }

  /** Idempotent. */
  @Override
  public void close() {
    try (CloseAll all = new CloseAll()) {
      all.add(copied);
      all.add(this::free);
    }
  }
}
