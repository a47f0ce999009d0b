package dev.yololoss.cuda;

import dev.yololoss.CudaOptions;

/**
 * The stream that work is put on.
 *
 * @param mayBeCaptured whether it is a caller's, who may be capturing it
 */
record WorkStream(Driver driver, long handle, boolean mayBeCaptured) {
  /** The legacy default stream, which cannot be captured. */
  private static final long LEGACY = 1;

  /**
   * The caller's stream, or a new one that belongs to {@code resources}.
   *
   * @throws IllegalStateException if it is being captured
   */
  static WorkStream of(Driver driver, CudaOptions options, CloseAll resources) {
    long handle =
        options.stream()
            .map(stream -> resources.add(new AdoptedStream(driver, stream)).handle())
            .orElseGet(
                () -> resources.add(new Stream(driver, StreamKind.WITH_DEFAULT_STREAM)).handle());
    boolean mayBeCaptured =
        options.stream().isPresent() && Long.compareUnsigned(handle, LEGACY) > 0;
    WorkStream stream = new WorkStream(driver, handle, mayBeCaptured);
    stream.requireNotCapturing("opening");
    return stream;
  }

  boolean isCapturing() {
    return mayBeCaptured && driver.streamIsCapturing(handle);
  }

  void requireNotCapturing(String what) {
    if (isCapturing()) {
      throw new IllegalStateException(
          what + " waits for the device, which cannot be while its stream is captured");
    }
  }

  /** Waits until everything on it is done. */
  void synchronize() {
    driver.streamSynchronize(handle);
  }
}
