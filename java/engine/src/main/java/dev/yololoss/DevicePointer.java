package dev.yololoss;

import dev.yololoss.cuda.JcudaHandles;
import jcuda.driver.CUdeviceptr;

/**
 * Memory of a CUDA device, of which Java knows only the address: the engine trusts that it is there
 * and stays there until the work that uses it is done.
 *
 * @param address on the device, not 0
 * @param byteSize how many bytes from there on are the caller's
 * @param device the ordinal of the device, from 0
 */
public record DevicePointer(long address, long byteSize, int device) implements TensorMemory {
  public DevicePointer {
    if (address == 0) {
      throw new TensorException("the device pointer is null");
    }
    if (byteSize < 0) {
      throw new TensorException("device memory has " + byteSize + " bytes; must have at least 0");
    }
    if (device < 0) {
      throw new TensorException("the device is " + device + "; must be at least 0");
    }
  }

  /** Memory of device 0. */
  public static DevicePointer of(long address, long byteSize) {
    return new DevicePointer(address, byteSize, 0);
  }

  /** Memory of device 0 that JCuda has allocated. */
  public static DevicePointer of(CUdeviceptr pointer, long byteSize) {
    return of(JcudaHandles.address(pointer), byteSize);
  }

  /** What begins {@code bytes} further on. */
  public DevicePointer plus(long bytes) {
    if (bytes < 0 || bytes > byteSize) {
      throw new TensorException("an offset is " + bytes + "; allowed are 0.." + byteSize);
    }
    return new DevicePointer(address + bytes, byteSize - bytes, device);
  }

  @Override
  public String toString() {
    return "0x" + Long.toHexString(address) + " on device " + device;
  }
}
