package dev.yololoss.cuda;

/** Memory of the device from a plain allocation. Its content is anything at first. */
final class DeviceMemory extends DriverObject {
  private final long bytes;

  /**
   * Allocates memory, at least one byte.
   *
   * @throws dev.yololoss.OutOfDeviceMemoryException if there is not enough
   */
  DeviceMemory(CudaContext context, long bytes) {
    super(context.driver(), context.allocate(bytes));
    this.bytes = bytes;
  }

  long address() {
    return handle();
  }

  long bytes() {
    return bytes;
  }

  /** Fills all of it with a byte, on a stream. */
  void fill(byte value, long stream) {
    if (bytes > 0) {
      driver().memsetD8Async(address(), value, bytes, stream);
    }
  }

  @Override
  void destroy(long address) {
    driver().memFree(address);
  }
}
