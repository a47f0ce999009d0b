package dev.yololoss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.yololoss.CudaBinding;
import dev.yololoss.CudaOptions;
import dev.yololoss.CudaStream;
import dev.yololoss.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The two ways to the driver answer alike, function by function. */
@EnabledIf(value = "dev.yololoss.cuda.CudaDevice#isThere", disabledReason = CudaDevice.REASON)
class DriverBindingsTest {
  private static final int BYTES = 4096;

  @AfterEach
  void nothingIsLeft() {
    JCudaDriver.setExceptionsEnabled(false);
    Emulator.requireClean();
    Emulator.reset();
  }

  private static CudaPlatform platform(CudaBinding binding) {
    return CudaPlatform.get(CudaOptions.standard().with(binding));
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void copiesFillsEventsAndGraphs(CudaBinding binding) {
    try (CudaContext context = platform(binding).context()) {
      context.call(
          () -> {
            Driver driver = context.driver();
            try (CloseAll all = new CloseAll()) {
              Stream stream = all.add(new Stream(driver, StreamKind.APART));
              PinnedMemory from = all.add(new PinnedMemory(context, BYTES));
              PinnedMemory to = all.add(new PinnedMemory(context, BYTES));
              DeviceMemory a = all.add(new DeviceMemory(context, BYTES));
              DeviceMemory b = all.add(new DeviceMemory(context, BYTES));
              Event event = all.add(new Event(driver));
              Graph graph =
                  all.add(
                      Graph.capture(
                          driver,
                          stream.handle(),
                          () -> {
                            assertThat(driver.streamIsCapturing(stream.handle())).isTrue();
                            driver.memcpyHtoDAsync(
                                a.address(), from.segment(), BYTES, stream.handle());
                            driver.memcpyDtoDAsync(
                                b.address(), a.address(), BYTES, stream.handle());
                            driver.memsetD8Async(b.address(), (byte) 7, 16, stream.handle());
                            driver.memcpyDtoHAsync(
                                to.segment(), b.address(), BYTES, stream.handle());
                          }));
              for (int round = 1; round <= 3; round++) {
                from.segment().fill((byte) round);
                graph.launch(stream.handle());
                event.record(stream.handle());
                driver.streamWaitEvent(stream.handle(), event.handle());
                event.synchronize();
                assertThat(driver.eventQuery(event.handle())).isTrue();
                driver.streamSynchronize(stream.handle());
                assertThat(driver.streamQuery(stream.handle())).isTrue();
                assertThat(to.segment().get(ValueLayout.JAVA_BYTE, 15)).isEqualTo((byte) 7);
                assertThat(to.segment().get(ValueLayout.JAVA_BYTE, 16)).isEqualTo((byte) round);
              }
              assertThat(driver.pointerGetAttribute(PointerAttribute.MEMORY_TYPE, a.address()))
                  .isEqualTo(PointerAttribute.DEVICE_MEMORY);
              assertThat(driver.memGetInfo().free()).isLessThan(driver.memGetInfo().total());
            }
            return context;
          });
    }
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void timedEventsSayHowLong(CudaBinding binding) {
    try (CudaContext context = platform(binding).context()) {
      context.call(
          () -> {
            Driver driver = context.driver();
            long start = driver.eventCreateTimed();
            long end = driver.eventCreateTimed();
            driver.eventRecord(start, 0);
            driver.eventRecord(end, 0);
            driver.eventSynchronize(end);
            assertThat(driver.eventElapsedTime(start, end)).isGreaterThanOrEqualTo(0);
            driver.eventDestroy(start);
            driver.eventDestroy(end);
            return context;
          });
    }
  }

  @ParameterizedTest
  @OnEmulatedDevice
  @EnumSource(CudaBinding.class)
  void whatTheDriverSaysOfItself(CudaBinding binding) {
    try (CudaContext context = platform(binding).context()) {
      Driver driver = context.driver();
      assertThat(driver.driverGetVersion()).isEqualTo(13000);
      assertThat(driver.deviceGetCount()).isEqualTo(1);
      int device = driver.deviceGet(0);
      assertThat(driver.deviceGetName(device)).contains("mulated");
      assertThat(driver.deviceTotalMem(device)).isEqualTo(8L << 30);
      assertThat(driver.deviceGetAttribute(DeviceAttribute.COMPUTE_CAPABILITY_MAJOR, device))
          .isEqualTo(9);
    }
  }

  @ParameterizedTest
  @OnEmulatedDevice
  @EnumSource(CudaBinding.class)
  void aRefusedCallNamesFunctionStatusAndText(CudaBinding binding) {
    for (boolean throwing : new boolean[] {false, true}) {
      JCudaDriver.setExceptionsEnabled(throwing); // a setting that a program may have made
      try (CudaContext context = platform(binding).context()) {
        Emulator.failCall("cuStreamCreate", 0, 1, 801);
        assertThatThrownBy(
                () -> context.call(() -> context.driver().streamCreate(StreamKind.APART)))
            .isInstanceOfSatisfying(
                DeviceException.class, e -> assertThat(e.status()).isEqualTo(801))
            .hasMessageContaining("cuStreamCreate failed: CUDA_ERROR_NOT_SUPPORTED (801)");
        assertThatThrownBy(() -> context.driver().deviceGet(7))
            .hasMessageContaining("cuDeviceGet failed: CUDA_ERROR_INVALID_DEVICE (101)");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(CudaBinding.class)
  void aCaptureThatFailsLeavesTheStreamFit(CudaBinding binding) {
    try (CudaContext context = platform(binding).context()) {
      context.call(
          () -> {
            Driver driver = context.driver();
            try (CloseAll all = new CloseAll()) {
              Stream stream = all.add(new Stream(driver, StreamKind.APART));
              DeviceMemory memory = all.add(new DeviceMemory(context, BYTES));
              assertThatThrownBy(
                      () ->
                          Graph.capture(
                              driver,
                              stream.handle(),
                              () -> {
                                throw new IllegalStateException("planted");
                              }))
                  .hasMessage("planted");
              assertThatThrownBy(
                      () ->
                          Graph.capture(
                              driver,
                              stream.handle(),
                              () -> driver.streamSynchronize(stream.handle())))
                  .isInstanceOf(DeviceException.class);
              all.add(
                  Graph.capture(
                      driver, stream.handle(), () -> memory.fill((byte) 1, stream.handle())));
            }
            return context;
          });
    }
  }

  /** The engine's own stream and its objects are JCuda's; other runtimes' are addresses. */
  @Test
  void jcudaTakesItsOwnStreamsAndPanamaAnyones() {
    try (CudaContext context = platform(CudaBinding.PANAMA).context()) {
      context.call(
          () -> {
            Driver panama = context.driver();
            Driver jcuda = platform(CudaBinding.JCUDA).context().driver();
            long foreign = panama.streamCreate(StreamKind.APART);
            assertThat(panama.adopt(CudaStream.of(foreign))).isEqualTo(foreign);
            assertThatThrownBy(() -> jcuda.adopt(CudaStream.of(foreign)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("use CudaBinding.PANAMA");
            CUstream own = new CUstream();
            JCudaDriver.cuStreamCreate(own, 0);
            long handle = jcuda.adopt(CudaStream.of(own));
            assertThat(panama.streamQuery(handle)).isTrue();
            assertThat(jcuda.streamQuery(handle)).isTrue();
            assertThat(jcuda.adopt(CudaStream.of(0))).isZero();
            jcuda.disown(handle);
            assertThatThrownBy(() -> jcuda.streamQuery(handle))
                .as("its handle may be another's soon")
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("was not made by JCuda");
            jcuda.disown(0);
            assertThat(jcuda.streamQuery(0)).as("adopted or not").isTrue();
            JCudaDriver.cuStreamDestroy(own);
            panama.streamDestroy(foreign);
            panama.devicePrimaryCtxRelease(0); // what the second context() has retained
            return context;
          });
    }
  }

  @Test
  void jcudasPointersAreReadByAddress() {
    CUdeviceptr pointer = new CUdeviceptr().withByteOffset(0x1234_5678_9abcL);
    assertThat(JcudaHandles.address(pointer.withByteOffset(4))).isEqualTo(0x1234_5678_9ac0L);
    assertThat(dev.yololoss.DevicePointer.of(pointer, 64).address()).isEqualTo(0x1234_5678_9abcL);
  }

  @Test
  void aLaunchThroughPanamaMakesNoObject() {
    CudaPlatform platform = platform(CudaBinding.PANAMA);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (CudaContext context = platform.context();
        Arena arena = Arena.ofConfined()) {
      context.call(
          () -> {
            try (CloseAll all = new CloseAll()) {
              KernelModule module = all.add(platform.module());
              DeviceMemory box = all.add(new DeviceMemory(context, 1024));
              box.fill((byte) 0, 0);
              KernelArguments arguments =
                  new KernelArguments(
                      arena,
                      List.of(
                          ValueLayout.JAVA_INT,
                          ValueLayout.JAVA_INT,
                          ValueLayout.JAVA_LONG,
                          DeviceLayouts.ELEMENTS,
                          DeviceLayouts.ELEMENTS,
                          DeviceLayouts.ELEMENTS,
                          DeviceLayouts.ELEMENTS));
              arguments.set(2, 1L);
              for (int n = 3; n < 6; n++) {
                StructWriter.at(arguments.value(n), 0, DeviceLayouts.ELEMENTS)
                    .put("data", box.address());
              }
              Kernel kernel = module.kernel("pairwise_iou", arguments);
              long bytes = Long.MAX_VALUE;
              for (int round = 0; round < 20; round++) { // until it is compiled
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int n = 0; n < 200; n++) {
                  kernel.on(0, 1);
                }
                bytes = threads.getCurrentThreadAllocatedBytes() - before;
                context.driver().ctxSynchronize();
              }
              assertThat(bytes).as("bytes that 200 launches allocate").isZero();
            }
            return context;
          });
    }
  }

  @Test
  void parametersOfOtherSizesAreRefused() {
    CudaPlatform platform = platform(CudaBinding.JCUDA);
    try (CudaContext context = platform.context();
        Arena arena = Arena.ofConfined()) {
      context.call(
          () -> {
            try (KernelModule module = platform.module()) {
              for (int wrong : new int[] {1, 3}) {
                assertThatThrownBy(
                        () ->
                            module.kernel(
                                "assign_targets",
                                new KernelArguments(
                                    arena,
                                    java.util.Collections.nCopies(wrong, ValueLayout.JAVA_LONG))))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("kernel assign_targets: parameter")
                    .hasMessageContaining("missing");
              }
              assertThatThrownBy(
                      () ->
                          module.kernel(
                              "assign_targets",
                              new KernelArguments(
                                  arena, List.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT))))
                  .hasMessageContaining("parameter 1 has 8 bytes; the argument has 4 bytes");
            }
            return context;
          });
    }
  }
}
