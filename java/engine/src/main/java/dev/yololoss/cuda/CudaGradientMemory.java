package dev.yololoss.cuda;

import dev.yololoss.DevicePointer;
import dev.yololoss.TensorMemory;
import dev.yololoss.backend.GradientMemory;

/** Gradients of an engine's own, on the device. */
final class CudaGradientMemory implements GradientMemory {
  private final CudaContext context;
  private final Runnable drain;
  private final CloseAll buffers = new CloseAll();

  /**
   * @param drain waits for all work of the engine
   */
  CudaGradientMemory(CudaContext context, Runnable drain) {
    this.context = context;
    this.drain = drain;
  }

  @Override
  public TensorMemory allocate(long bytes) {
    return context.call(
        () ->
            new DevicePointer(
                buffers.add(new DeviceMemory(context, bytes)).address(), bytes, context.ordinal()));
  }

  @Override
  public void free() {
    context.release(
        () -> {
          try {
            drain.run();
          } finally {
            buffers.close();
          }
        });
  }
}
