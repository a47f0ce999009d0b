package dev.yololoss.cuda;

import dev.yololoss.DeviceException;
import dev.yololoss.OutOfDeviceMemoryException;
import java.util.Set;

/** The driver's answers that the engine tells apart: {@code CUresult}. */
final class CudaStatus {
  static final int SUCCESS = 0;
  static final int INVALID_VALUE = 1;
  static final int OUT_OF_MEMORY = 2;
  static final int NO_DEVICE = 100;
  static final int NOT_READY = 600;

  /** What a status is called that the driver has no name for. */
  static final String UNKNOWN = "unknown to the driver";

  /** After these every call on the context gives the same answer, until the process ends. */
  private static final Set<Integer> STICKY =
      Set.of(
          4, // deinitialized
          46, // device unavailable
          214, // uncorrectable memory error
          220, // uncorrectable NVLink error
          226, // uncorrectable memory error, contained to this process
          700, // illegal address
          702, // launch timeout
          709, // context is destroyed
          710, // assert
          714, // hardware stack error
          715, // illegal instruction
          716, // misaligned address
          717, // invalid address space
          718, // invalid program counter
          719, // launch failed
          721, // tensor memory leak
          810, // client of a Multi-Process Service that ended it
          911, // external device
          999); // unknown

  private CudaStatus() {}

  static boolean isSticky(DeviceException e) {
    return STICKY.contains(e.status());
  }

  /** An error with what it is an error of. */
  static DeviceException named(String work, DeviceException e) {
    if (e.status() == OUT_OF_MEMORY) {
      return new OutOfDeviceMemoryException(work, e);
    }
    DeviceException named = new DeviceException(e.status(), work + ": " + e.getMessage());
    named.initCause(e);
    return named;
  }

  static DeviceException exception(int status, String function, String name, String text) {
    return new DeviceException(
        status, function + " failed: " + name + " (" + status + "): " + text);
  }
}
