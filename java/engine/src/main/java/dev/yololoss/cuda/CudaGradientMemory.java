package dev.yololoss.cuda;

import dev.yololoss.DevicePointer;
import dev.yololoss.TensorMemory;
import dev.yololoss.backend.GradientMemory;
import java.util.function.BooleanSupplier;

/** Gradients of an engine's own, on the device. */
final class CudaGradientMemory implements GradientMemory {
  private final CudaContext context;
  private final Runnable requireAllocatable;
  private final Runnable drain;
  private final BooleanSupplier isInGraph;
  private final CloseAll retained;
  private CloseAll buffers = new CloseAll();

  /**
   * @param requireAllocatable throws where nothing can be allocated now
   * @param drain waits for all work of the engine
   * @param isInGraph whether a graph of the caller's may write here whenever it is launched
   * @param retained what stays until the engine is closed
   */
  CudaGradientMemory(
      CudaContext context,
      Runnable requireAllocatable,
      Runnable drain,
      BooleanSupplier isInGraph,
      CloseAll retained) {
    this.context = context;
    this.requireAllocatable = requireAllocatable;
    this.drain = drain;
    this.isInGraph = isInGraph;
    this.retained = retained;
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
            release();
          }
        });
  }

  private void release() {
    CloseAll old = buffers;
    buffers = new CloseAll();
    if (isInGraph.getAsBoolean()) {
      retained.add(old);
    } else {
      old.close();
    }
  }
}
