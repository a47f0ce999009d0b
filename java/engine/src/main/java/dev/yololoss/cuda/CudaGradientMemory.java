package dev.yololoss.cuda;

import dev.yololoss.DevicePointer;
import dev.yololoss.TensorMemory;
import dev.yololoss.backend.GradientMemory;

/** Gradients of an engine's own, on the device. */
final class CudaGradientMemory implements GradientMemory {
  private final CudaContext context;
  private final Runnable requireAllocatable;
  private final Runnable drain;
  private final CloseAll buffers = new CloseAll();

  /**
   * @param requireAllocatable throws where nothing can be allocated now
   * @param drain waits for all work of the engine
   */
  CudaGradientMemory(CudaContext context, Runnable requireAllocatable, Runnable drain) {
    this.context = context;
    this.requireAllocatable = requireAllocatable;
    this.drain = drain;
  }

  @Override
  public TensorMemory allocate(long bytes) {
    return context.call(
        () -> {
          requireAllocatable.run();
          DeviceMemory buffer = buffers.add(new DeviceMemory(context, bytes));
          return new DevicePointer(buffer.address(), bytes, context.ordinal());
        });
  }

  @Override
  public void free() {
    if (buffers.isEmpty()) {
      return;
    }
    context.release(
        () -> {
          requireAllocatable.run();
          try {
            drain.run();
          } finally {
            buffers.close();
          }
        });
  }
}
