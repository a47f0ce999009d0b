package dev.yololoss.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.yololoss.CudaStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.NoSuchElementException;

/**
 * The driver through {@code java.lang.foreign}. Addresses and handles are passed as numbers, so
 * that a call makes no object.
 */
final class PanamaBinding implements Driver {
  private static final long OUT_BYTES = 64;
  private static final int NAME_BYTES = 256;
  private static final int CAPTURE_NONE = 0;
  private static final int CAPTURE_THREAD_LOCAL = 1;
  private static final int EVENT_DISABLE_TIMING = 2;

  private final MethodHandle init;
  private final MethodHandle driverGetVersion;
  private final MethodHandle deviceGetCount;
  private final MethodHandle deviceGet;
  private final MethodHandle deviceGetName;
  private final MethodHandle deviceGetAttribute;
  private final MethodHandle deviceTotalMem;
  private final MethodHandle devicePrimaryCtxRetain;
  private final MethodHandle devicePrimaryCtxRelease;
  private final MethodHandle ctxPushCurrent;
  private final MethodHandle ctxPopCurrent;
  private final MethodHandle ctxSynchronize;
  private final MethodHandle moduleLoadData;
  private final MethodHandle moduleUnload;
  private final MethodHandle moduleGetFunction;
  private final MethodHandle funcGetParamInfo;
  private final MethodHandle memAlloc;
  private final MethodHandle memFree;
  private final MethodHandle memGetInfo;
  private final MethodHandle memHostAlloc;
  private final MethodHandle memFreeHost;
  private final MethodHandle memcpyHtoDAsync;
  private final MethodHandle memcpyDtoHAsync;
  private final MethodHandle memcpyDtoDAsync;
  private final MethodHandle memsetD8Async;
  private final MethodHandle pointerGetAttribute;
  private final MethodHandle streamCreate;
  private final MethodHandle streamDestroy;
  private final MethodHandle streamSynchronize;
  private final MethodHandle streamQuery;
  private final MethodHandle streamWaitEvent;
  private final MethodHandle streamIsCapturing;
  private final MethodHandle streamBeginCapture;
  private final MethodHandle streamEndCapture;
  private final MethodHandle graphInstantiate;
  private final MethodHandle graphLaunch;
  private final MethodHandle graphExecDestroy;
  private final MethodHandle graphDestroy;
  private final MethodHandle eventCreate;
  private final MethodHandle eventRecord;
  private final MethodHandle eventSynchronize;
  private final MethodHandle eventQuery;
  private final MethodHandle eventElapsedTime;
  private final MethodHandle eventDestroy;
  private final MethodHandle launchKernel;
  private final MethodHandle getErrorName;
  private final MethodHandle getErrorString;

  /** Where the driver writes its answers, of each thread. */
  private final ThreadLocal<MemorySegment> answers =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(OUT_BYTES, Long.BYTES));

  /**
   * Binds all functions.
   *
   * @throws NoSuchElementException if the library lacks one, with its name
   */
  PanamaBinding(SymbolLookup library) {
    Functions f = new Functions(library);
    init = f.status("cuInit", JAVA_INT);
    driverGetVersion = f.status("cuDriverGetVersion", ADDRESS);
    deviceGetCount = f.status("cuDeviceGetCount", ADDRESS);
    deviceGet = f.status("cuDeviceGet", ADDRESS, JAVA_INT);
    deviceGetName = f.status("cuDeviceGetName", ADDRESS, JAVA_INT, JAVA_INT);
    deviceGetAttribute = f.status("cuDeviceGetAttribute", ADDRESS, JAVA_INT, JAVA_INT);
    deviceTotalMem = f.status("cuDeviceTotalMem_v2", ADDRESS, JAVA_INT);
    devicePrimaryCtxRetain = f.status("cuDevicePrimaryCtxRetain", ADDRESS, JAVA_INT);
    devicePrimaryCtxRelease = f.status("cuDevicePrimaryCtxRelease_v2", JAVA_INT);
    ctxPushCurrent = f.status("cuCtxPushCurrent_v2", JAVA_LONG);
    ctxPopCurrent = f.status("cuCtxPopCurrent_v2", ADDRESS);
    ctxSynchronize = f.status("cuCtxSynchronize");
    moduleLoadData = f.status("cuModuleLoadData", ADDRESS, ADDRESS);
    moduleUnload = f.status("cuModuleUnload", JAVA_LONG);
    moduleGetFunction = f.status("cuModuleGetFunction", ADDRESS, JAVA_LONG, ADDRESS);
    funcGetParamInfo = f.status("cuFuncGetParamInfo", JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS);
    memAlloc = f.status("cuMemAlloc_v2", ADDRESS, JAVA_LONG);
    memFree = f.status("cuMemFree_v2", JAVA_LONG);
    memGetInfo = f.status("cuMemGetInfo_v2", ADDRESS, ADDRESS);
    memHostAlloc = f.status("cuMemHostAlloc", ADDRESS, JAVA_LONG, JAVA_INT);
    memFreeHost = f.status("cuMemFreeHost", ADDRESS);
    memcpyHtoDAsync = f.status("cuMemcpyHtoDAsync_v2", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
    memcpyDtoHAsync = f.status("cuMemcpyDtoHAsync_v2", ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    memcpyDtoDAsync = f.status("cuMemcpyDtoDAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    memsetD8Async = f.status("cuMemsetD8Async", JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG);
    pointerGetAttribute = f.status("cuPointerGetAttribute", ADDRESS, JAVA_INT, JAVA_LONG);
    streamCreate = f.status("cuStreamCreate", ADDRESS, JAVA_INT);
    streamDestroy = f.status("cuStreamDestroy_v2", JAVA_LONG);
    streamSynchronize = f.status("cuStreamSynchronize", JAVA_LONG);
    streamQuery = f.status("cuStreamQuery", JAVA_LONG);
    streamWaitEvent = f.status("cuStreamWaitEvent", JAVA_LONG, JAVA_LONG, JAVA_INT);
    streamIsCapturing = f.status("cuStreamIsCapturing", JAVA_LONG, ADDRESS);
    streamBeginCapture = f.status("cuStreamBeginCapture_v2", JAVA_LONG, JAVA_INT);
    streamEndCapture = f.status("cuStreamEndCapture", JAVA_LONG, ADDRESS);
    graphInstantiate = f.status("cuGraphInstantiateWithFlags", ADDRESS, JAVA_LONG, JAVA_LONG);
    graphLaunch = f.status("cuGraphLaunch", JAVA_LONG, JAVA_LONG);
    graphExecDestroy = f.status("cuGraphExecDestroy", JAVA_LONG);
    graphDestroy = f.status("cuGraphDestroy", JAVA_LONG);
    eventCreate = f.status("cuEventCreate", ADDRESS, JAVA_INT);
    eventRecord = f.status("cuEventRecord", JAVA_LONG, JAVA_LONG);
    eventSynchronize = f.status("cuEventSynchronize", JAVA_LONG);
    eventQuery = f.status("cuEventQuery", JAVA_LONG);
    eventElapsedTime = f.status("cuEventElapsedTime", ADDRESS, JAVA_LONG, JAVA_LONG);
    eventDestroy = f.status("cuEventDestroy_v2", JAVA_LONG);
    launchKernel =
        f.status(
            "cuLaunchKernel",
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG);
    getErrorName = f.status("cuGetErrorName", JAVA_INT, ADDRESS);
    getErrorString = f.status("cuGetErrorString", JAVA_INT, ADDRESS);
  }

  /** The C functions' descriptors. */
  @SuppressWarnings("restricted") // the descriptors are those of cuda.h
  private record Functions(SymbolLookup library) {
    MethodHandle status(String name, MemoryLayout... arguments) {
      return Linker.nativeLinker()
          .downcallHandle(
              library
                  .find(name)
                  .orElseThrow(() -> new NoSuchElementException("has no function " + name)),
              FunctionDescriptor.of(JAVA_INT, arguments));
    }
  }

  @Override
  public String toString() {
    return "java.lang.foreign";
  }

  @Override
  public void init() {
    try {
      check((int) init.invokeExact(0), "cuInit");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public int driverGetVersion() {
    try {
      MemorySegment out = answers.get();
      check((int) driverGetVersion.invokeExact(out), "cuDriverGetVersion");
      return out.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public int deviceGetCount() {
    try {
      MemorySegment out = answers.get();
      check((int) deviceGetCount.invokeExact(out), "cuDeviceGetCount");
      return out.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public int deviceGet(int ordinal) {
    try {
      MemorySegment out = answers.get();
      check((int) deviceGet.invokeExact(out, ordinal), "cuDeviceGet");
      return out.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public String deviceGetName(int device) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(NAME_BYTES);
      check((int) deviceGetName.invokeExact(out, NAME_BYTES, device), "cuDeviceGetName");
      return out.getString(0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public int deviceGetAttribute(DeviceAttribute attribute, int device) {
    try {
      MemorySegment out = answers.get();
      check(
          (int) deviceGetAttribute.invokeExact(out, attribute.code(), device),
          "cuDeviceGetAttribute");
      return out.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public long deviceTotalMem(int device) {
    try {
      MemorySegment out = answers.get();
      check((int) deviceTotalMem.invokeExact(out, device), "cuDeviceTotalMem");
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public long devicePrimaryCtxRetain(int device) {
    try {
      MemorySegment out = answers.get();
      check((int) devicePrimaryCtxRetain.invokeExact(out, device), "cuDevicePrimaryCtxRetain");
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void devicePrimaryCtxRelease(int device) {
    try {
      check((int) devicePrimaryCtxRelease.invokeExact(device), "cuDevicePrimaryCtxRelease");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void ctxPushCurrent(long context) {
    try {
      check((int) ctxPushCurrent.invokeExact(context), "cuCtxPushCurrent");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void ctxPopCurrent() {
    try {
      check((int) ctxPopCurrent.invokeExact(answers.get()), "cuCtxPopCurrent");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void ctxSynchronize() {
    try {
      check((int) ctxSynchronize.invokeExact(), "cuCtxSynchronize");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public long moduleLoadData(byte[] image) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment aligned = arena.allocate(image.length + 1L, 64);
      MemorySegment.copy(image, 0, aligned, JAVA_BYTE, 0, image.length);
      MemorySegment out = answers.get();
      check((int) moduleLoadData.invokeExact(out, aligned), "cuModuleLoadData");
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void moduleUnload(long module) {
    try {
      check((int) moduleUnload.invokeExact(module), "cuModuleUnload");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public long moduleGetFunction(long module, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = answers.get();
      check(
          (int) moduleGetFunction.invokeExact(out, module, arena.allocateFrom(name)),
          "cuModuleGetFunction(" + name + ")");
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /**
   * How many bytes a kernel's parameter has.
   *
   * @return -1 if it has no such parameter
   */
  long funcGetParamSize(long function, int index) {
    try {
      MemorySegment out = answers.get();
      int status =
          (int) funcGetParamInfo.invokeExact(function, (long) index, out, out.asSlice(Long.BYTES));
      if (status == CudaStatus.INVALID_VALUE) {
        return -1;
      }
      check(status, "cuFuncGetParamInfo");
      return out.get(JAVA_LONG, Long.BYTES);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public long memAlloc(long bytes) {
    try {
      MemorySegment out = answers.get();
      check((int) memAlloc.invokeExact(out, bytes), "cuMemAlloc");
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void memFree(long address) {
    try {
      check((int) memFree.invokeExact(address), "cuMemFree");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public MemoryInfo memGetInfo() {
    try {
      MemorySegment out = answers.get();
      check((int) memGetInfo.invokeExact(out, out.asSlice(Long.BYTES)), "cuMemGetInfo");
      return new MemoryInfo(out.get(JAVA_LONG, 0), out.get(JAVA_LONG, Long.BYTES));
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  @SuppressWarnings("restricted") // the size is what was asked for
  public MemorySegment memHostAlloc(long bytes) {
    try {
      MemorySegment out = answers.get();
      check((int) memHostAlloc.invokeExact(out, bytes, 0), "cuMemHostAlloc");
      return out.get(ADDRESS, 0).reinterpret(bytes);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void memFreeHost(MemorySegment memory) {
    try {
      check((int) memFreeHost.invokeExact(memory), "cuMemFreeHost");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void memcpyHtoDAsync(long to, MemorySegment from, long bytes, long stream) {
    try {
      check((int) memcpyHtoDAsync.invokeExact(to, from, bytes, stream), "cuMemcpyHtoDAsync");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void memcpyDtoHAsync(MemorySegment to, long from, long bytes, long stream) {
    try {
      check((int) memcpyDtoHAsync.invokeExact(to, from, bytes, stream), "cuMemcpyDtoHAsync");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void memcpyDtoDAsync(long to, long from, long bytes, long stream) {
    try {
      check((int) memcpyDtoDAsync.invokeExact(to, from, bytes, stream), "cuMemcpyDtoDAsync");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void memsetD8Async(long address, byte value, long bytes, long stream) {
    try {
      check((int) memsetD8Async.invokeExact(address, value, bytes, stream), "cuMemsetD8Async");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public long pointerGetAttribute(PointerAttribute attribute, long address) {
    try {
      MemorySegment out = answers.get();
      out.set(JAVA_LONG, 0, 0);
      check(
          (int) pointerGetAttribute.invokeExact(out, attribute.code(), address),
          "cuPointerGetAttribute");
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public long streamCreate(StreamKind kind) {
    try {
      MemorySegment out = answers.get();
      check((int) streamCreate.invokeExact(out, kind.flags()), "cuStreamCreate");
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void streamDestroy(long stream) {
    try {
      check((int) streamDestroy.invokeExact(stream), "cuStreamDestroy");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void streamSynchronize(long stream) {
    try {
      check((int) streamSynchronize.invokeExact(stream), "cuStreamSynchronize");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public boolean streamQuery(long stream) {
    try {
      return isReady((int) streamQuery.invokeExact(stream), "cuStreamQuery");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void streamWaitEvent(long stream, long event) {
    try {
      check((int) streamWaitEvent.invokeExact(stream, event, 0), "cuStreamWaitEvent");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public boolean streamIsCapturing(long stream) {
    try {
      MemorySegment out = answers.get();
      check((int) streamIsCapturing.invokeExact(stream, out), "cuStreamIsCapturing");
      return out.get(JAVA_INT, 0) != CAPTURE_NONE;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void streamBeginCapture(long stream) {
    try {
      check(
          (int) streamBeginCapture.invokeExact(stream, CAPTURE_THREAD_LOCAL),
          "cuStreamBeginCapture");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public long streamEndCapture(long stream) {
    try {
      MemorySegment out = answers.get();
      check((int) streamEndCapture.invokeExact(stream, out), "cuStreamEndCapture");
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public long graphInstantiate(long graph) {
    try {
      MemorySegment out = answers.get();
      check((int) graphInstantiate.invokeExact(out, graph, 0L), "cuGraphInstantiateWithFlags");
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void graphLaunch(long executable, long stream) {
    try {
      check((int) graphLaunch.invokeExact(executable, stream), "cuGraphLaunch");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void graphExecDestroy(long executable) {
    try {
      check((int) graphExecDestroy.invokeExact(executable), "cuGraphExecDestroy");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void graphDestroy(long graph) {
    try {
      check((int) graphDestroy.invokeExact(graph), "cuGraphDestroy");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public long eventCreate() {
    return eventCreate(EVENT_DISABLE_TIMING);
  }

  @Override
  public long eventCreateTimed() {
    return eventCreate(0);
  }

  private long eventCreate(int flags) {
    try {
      MemorySegment out = answers.get();
      check((int) eventCreate.invokeExact(out, flags), "cuEventCreate");
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void eventRecord(long event, long stream) {
    try {
      check((int) eventRecord.invokeExact(event, stream), "cuEventRecord");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void eventSynchronize(long event) {
    try {
      check((int) eventSynchronize.invokeExact(event), "cuEventSynchronize");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public boolean eventQuery(long event) {
    try {
      return isReady((int) eventQuery.invokeExact(event), "cuEventQuery");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public float eventElapsedTime(long start, long end) {
    try {
      MemorySegment out = answers.get();
      check((int) eventElapsedTime.invokeExact(out, start, end), "cuEventElapsedTime");
      return out.get(JAVA_FLOAT, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public void eventDestroy(long event) {
    try {
      check((int) eventDestroy.invokeExact(event), "cuEventDestroy");
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  @Override
  public Launch launchKernel(long function, KernelArguments arguments) {
    return new PanamaLaunch(function, arguments.pointers().address());
  }

  private final class PanamaLaunch implements Launch {
    private final long function;
    private final long arguments;

    PanamaLaunch(long function, long arguments) {
      this.function = function;
      this.arguments = arguments;
    }

    @Override
    public void on(long stream, int blocks, int threads) {
      try {
        check(
            (int)
                launchKernel.invokeExact(
                    function, blocks, 1, 1, threads, 1, 1, 0, stream, arguments, 0L),
            "cuLaunchKernel");
      } catch (Throwable e) {
        throw impossible(e);
      }
    }
  }

  @Override
  public long adopt(CudaStream stream) {
    return stream.handle();
  }

  @Override
  public void disown(long stream) {
    // nothing is kept of a stream that is known by its address
  }

  private boolean isReady(int status, String function) {
    if (status == CudaStatus.NOT_READY) {
      return false;
    }
    check(status, function);
    return true;
  }

  private void check(int status, String function) {
    if (status != CudaStatus.SUCCESS) {
      throw CudaStatus.exception(
          status, function, text(getErrorName, status), text(getErrorString, status));
    }
  }

  @SuppressWarnings("restricted") // the driver's texts end with a zero
  private String text(MethodHandle ask, int status) {
    try {
      MemorySegment out = answers.get();
      if ((int) ask.invokeExact(status, out) != CudaStatus.SUCCESS) {
        return CudaStatus.UNKNOWN;
      }
      return out.get(ADDRESS, 0).reinterpret(Long.MAX_VALUE).getString(0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** A downcall throws nothing of its own but errors. */
  private static RuntimeException impossible(Throwable e) {
    if (e instanceof RuntimeException known) {
      return known;
    }
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(e);
  }
}
