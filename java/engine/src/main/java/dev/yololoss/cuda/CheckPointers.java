package dev.yololoss.cuda;

import dev.yololoss.DeviceException;
import dev.yololoss.DevicePointer;
import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.TensorException;
import dev.yololoss.layout.StepLayouts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a device pointer has to be before a kernel may use it. The driver is asked about a range of
 * addresses when it is new at its place.
 */
final class CheckPointers {
  private final Driver driver;
  private final int device;
  private final Map<String, long[]> known = new HashMap<>();

  CheckPointers(Driver driver, int device) {
    this.driver = driver;
    this.device = device;
  }

  /**
   * Checks tensors that are on a device.
   *
   * @param what they are, for messages
   */
  void check(String what, List<HeadTensor> tensors) {
    long[] before = known.computeIfAbsent(what, _ -> new long[2 * StepLayouts.MAX_HEADS]);
    for (int n = 0; n < tensors.size(); n++) {
      if (tensors.get(n).place() instanceof DevicePointer pointer) {
        long bytes = tensors.get(n).spanBytes();
        requireAligned(what + " " + n, pointer, tensors.get(n).type());
        if (pointer.device() != device
            || before[2 * n] != pointer.address()
            || before[2 * n + 1] != bytes) {
          require(what + " " + n, pointer, bytes);
          before[2 * n] = pointer.address();
          before[2 * n + 1] = bytes;
        }
      }
    }
  }

  private static void requireAligned(String what, DevicePointer pointer, ElementType type) {
    if (pointer.address() % type.bytes() != 0) {
      throw new TensorException(
          what
              + " starts at "
              + pointer
              + ", which is no multiple of "
              + type.bytes()
              + "; the backend CUDA needs that of "
              + type);
    }
  }

  /** Checks one tensor that is on a device, whatever the driver has said of it before. */
  void require(String what, HeadTensor tensor) {
    require(what, tensor.pointer(), tensor.spanBytes());
  }

  /** Checks that all of some bytes is memory of this device. */
  void require(String what, DevicePointer pointer, long bytes) {
    requireHere(what + " lies at " + pointer, pointer.device());
    long type;
    try {
      type = ask(PointerAttribute.MEMORY_TYPE, pointer);
    } catch (DeviceException e) {
      if (e.status() != CudaStatus.INVALID_VALUE) {
        throw e;
      }
      throw new TensorException(
          what + " lies at " + pointer + ", which the driver knows no memory at");
    }
    if (type != PointerAttribute.DEVICE_MEMORY) {
      throw new TensorException(what + " lies at " + pointer + ", which is no memory of a device");
    }
    int owner = (int) ask(PointerAttribute.DEVICE_ORDINAL, pointer);
    requireHere(what + " lies at " + pointer + ", which is memory of device " + owner, owner);
    long start = ask(PointerAttribute.RANGE_START, pointer);
    long left = start + ask(PointerAttribute.RANGE_SIZE, pointer) - pointer.address();
    if (left < bytes) {
      throw new TensorException(
          what
              + " lies at "
              + pointer
              + " and needs "
              + bytes
              + " bytes; the allocation there ends after "
              + left);
    }
  }

  private void requireHere(String where, int found) {
    if (found != device) {
      throw new TensorException(where + "; this engine computes on device " + device);
    }
  }

  private long ask(PointerAttribute attribute, DevicePointer pointer) {
    return driver.pointerGetAttribute(attribute, pointer.address());
  }
}
