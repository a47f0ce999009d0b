package dev.yololoss.cuda;

import dev.yololoss.DeviceException;

/** A kernel with its arguments. */
record Kernel(String name, Driver.Launch launch) {
  /** Threads of a block: {@code kBlockThreads}. */
  static final int THREADS = 256;

  /** Puts it on a stream. An error names the kernel. */
  void on(long stream, int blocks) {
    try {
      launch.on(stream, blocks, THREADS);
    } catch (DeviceException e) {
      throw named(e);
    }
  }

  /** An error of this kernel. */
  DeviceException named(DeviceException e) {
    return CudaStatus.named("kernel " + name, e);
  }
}
