package dev.yololoss.cuda;

import dev.yololoss.DevicePointer;
import dev.yololoss.HeadTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Device memory of a test's own, as that of another runtime in the same context. */
final class TestDevice implements AutoCloseable {
  private static final long LEGACY_STREAM = 0;

  private final Driver driver = CudaPlatform.panama();
  private final CudaContext context;
  private final CloseAll memory = new CloseAll();

  TestDevice() {
    driver.init();
    context = new CudaContext(driver, 0);
  }

  Driver driver() {
    return driver;
  }

  CudaContext context() {
    return context;
  }

  DevicePointer allocate(long bytes) {
    return context.call(
        () -> new DevicePointer(memory.add(new DeviceMemory(context, bytes)).address(), bytes, 0));
  }

  /** A copy of tensors on the device, in the same shapes, types and strides. */
  List<HeadTensor> upload(List<HeadTensor> tensors) {
    return tensors.stream().map(this::upload).toList();
  }

  HeadTensor upload(HeadTensor tensor) {
    DevicePointer there = allocate(tensor.spanBytes());
    MemorySegment pageable = Arena.ofAuto().allocate(tensor.spanBytes(), 8);
    pageable.copyFrom(tensor.memory().asSlice(0, tensor.spanBytes()));
    return context.call(
        () -> {
          driver.memcpyHtoDAsync(there.address(), pageable, tensor.spanBytes(), LEGACY_STREAM);
          driver.streamSynchronize(LEGACY_STREAM);
          return tensor.over(there);
        });
  }

  /** Tensors in this machine's memory with what those on the device hold, once all work is done. */
  List<HeadTensor> download(List<HeadTensor> tensors) {
    return context.call(
        () -> {
          driver.ctxSynchronize();
          return tensors.stream()
              .map(
                  t -> {
                    MemorySegment copy = Arena.ofAuto().allocate(t.spanBytes(), 8);
                    driver.memcpyDtoHAsync(
                        copy, t.pointer().address(), t.spanBytes(), LEGACY_STREAM);
                    driver.streamSynchronize(LEGACY_STREAM);
                    return t.over(copy);
                  })
              .toList();
        });
  }

  @Override
  public void close() {
    context.closeWith(
        () -> {
          driver.ctxSynchronize();
          memory.close();
        });
  }
}
