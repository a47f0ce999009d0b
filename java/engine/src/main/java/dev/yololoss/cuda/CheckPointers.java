package dev.yololoss.cuda;

import dev.yololoss.DeviceException;
import dev.yololoss.DevicePointer;
import dev.yololoss.HeadTensor;
import dev.yololoss.TensorException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a device pointer has to be before a kernel may use it. The driver is asked about an address
 * when it is new at its place.
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
    long[] before = known.computeIfAbsent(what, _ -> new long[Long.SIZE]);
    for (int n = 0; n < tensors.size(); n++) {
      if (tensors.get(n).place() instanceof DevicePointer pointer) {
        int bytes = tensors.get(n).type().bytes();
        if (pointer.address() % bytes != 0) {
          throw new TensorException(
              what
                  + " "
                  + n
                  + " starts at "
                  + pointer
                  + ", which is no multiple of "
                  + bytes
                  + "; the backend CUDA needs that of "
                  + tensors.get(n).type());
        }
        if (pointer.device() != device) {
          throw new TensorException(
              what
                  + " "
                  + n
                  + " lies at "
                  + pointer
                  + "; this engine computes on device "
                  + device);
        }
        if (before[n] != pointer.address()) {
          require(what + " " + n, pointer);
          before[n] = pointer.address();
        }
      }
    }
  }

  /** Checks an address alone. */
  void require(String what, DevicePointer pointer) {
    int type;
    try {
      type = driver.pointerGetAttribute(PointerAttribute.MEMORY_TYPE, pointer.address());
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
  }
}
