package dev.yololoss.cuda;

import dev.yololoss.CudaStream;

/** A stream of the caller's, while the engine is open. */
final class AdoptedStream extends DriverObject {
  AdoptedStream(Driver driver, CudaStream stream) {
    super(driver, driver.adopt(stream));
  }

  @Override
  void destroy(long stream) {
    driver().disown(stream);
  }
}
