package dev.yololoss.cuda;

import dev.yololoss.CudaStream;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntSupplier;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstreamCaptureStatus;
import jcuda.driver.JCudaDriver;

/**
 * The driver through JCuda.
 *
 * <p>JCuda hides the handles in its objects, so these are kept by their handle. Addresses become
 * its pointers by an offset from null.
 */
final class JcudaBinding implements Driver {
  private static final int NAME_BYTES = 256;
  private static final int EVENT_DISABLE_TIMING = 2;
  private static final int STATUSES = 1000;

  private final JcudaObjects<CUdevice> devices = new JcudaObjects<>("device");
  private final JcudaObjects<CUcontext> contexts = new JcudaObjects<>("context");
  private final JcudaObjects<CUmodule> modules = new JcudaObjects<>("module");
  private final JcudaObjects<CUfunction> functions = new JcudaObjects<>("function");
  private final ConcurrentMap<Long, List<Long>> functionsOf = new ConcurrentHashMap<>();
  private final JcudaObjects<CUstream> streams = new JcudaObjects<>("stream");
  private final JcudaObjects<CUevent> events = new JcudaObjects<>("event");
  private final JcudaObjects<CUgraph> graphs = new JcudaObjects<>("graph");
  private final JcudaObjects<CUgraphExec> executables = new JcudaObjects<>("executable graph");

  /** Needs JCuda's native library to be loaded, see {@link JcudaLibrary}. */
  JcudaBinding() {
    streams.add(new CUstream());
    streams.add(JCudaDriver.CU_STREAM_LEGACY);
    streams.add(JCudaDriver.CU_STREAM_PER_THREAD);
  }

  @Override
  public String toString() {
    return "JCuda";
  }

  @Override
  public void init() {
    check("cuInit", () -> JCudaDriver.cuInit(0));
  }

  @Override
  public int driverGetVersion() {
    int[] version = new int[1];
    check("cuDriverGetVersion", () -> JCudaDriver.cuDriverGetVersion(version));
    return version[0];
  }

  @Override
  public int deviceGetCount() {
    int[] count = new int[1];
    check("cuDeviceGetCount", () -> JCudaDriver.cuDeviceGetCount(count));
    return count[0];
  }

  @Override
  public int deviceGet(int ordinal) {
    CUdevice device = new CUdevice();
    check("cuDeviceGet", () -> JCudaDriver.cuDeviceGet(device, ordinal));
    return Math.toIntExact(devices.add(device));
  }

  @Override
  public String deviceGetName(int device) {
    byte[] name = new byte[NAME_BYTES];
    check(
        "cuDeviceGetName",
        () -> JCudaDriver.cuDeviceGetName(name, name.length, devices.get(device)));
    return MemorySegment.ofArray(name).getString(0);
  }

  @Override
  public int deviceGetAttribute(DeviceAttribute attribute, int device) {
    int[] value = new int[1];
    check(
        "cuDeviceGetAttribute",
        () -> JCudaDriver.cuDeviceGetAttribute(value, attribute.code(), devices.get(device)));
    return value[0];
  }

  @Override
  public long deviceTotalMem(int device) {
    long[] bytes = new long[1];
    check("cuDeviceTotalMem", () -> JCudaDriver.cuDeviceTotalMem(bytes, devices.get(device)));
    return bytes[0];
  }

  @Override
  public long devicePrimaryCtxRetain(int device) {
    CUcontext context = new CUcontext();
    check(
        "cuDevicePrimaryCtxRetain",
        () -> JCudaDriver.cuDevicePrimaryCtxRetain(context, devices.get(device)));
    return contexts.add(context);
  }

  @Override
  public void devicePrimaryCtxRelease(int device) {
    check(
        "cuDevicePrimaryCtxRelease",
        () -> JCudaDriver.cuDevicePrimaryCtxRelease(devices.get(device)));
  }

  @Override
  public void ctxPushCurrent(long context) {
    check("cuCtxPushCurrent", () -> JCudaDriver.cuCtxPushCurrent(contexts.get(context)));
  }

  @Override
  public void ctxPopCurrent() {
    check("cuCtxPopCurrent", () -> JCudaDriver.cuCtxPopCurrent(new CUcontext()));
  }

  @Override
  public void ctxSynchronize() {
    check("cuCtxSynchronize", JCudaDriver::cuCtxSynchronize);
  }

  @Override
  public long moduleLoadData(byte[] image) {
    CUmodule module = new CUmodule();
    check("cuModuleLoadData", () -> JCudaDriver.cuModuleLoadData(module, image));
    return modules.add(module);
  }

  @Override
  public void moduleUnload(long module) {
    CUmodule object = modules.get(module);
    modules.remove(module);
    Optional.ofNullable(functionsOf.remove(module)).orElse(List.of()).forEach(functions::remove);
    check("cuModuleUnload", () -> JCudaDriver.cuModuleUnload(object));
  }

  @Override
  public long moduleGetFunction(long module, String name) {
    CUfunction function = new CUfunction();
    check(
        "cuModuleGetFunction(" + name + ")",
        () -> JCudaDriver.cuModuleGetFunction(function, modules.get(module), name));
    long handle = functions.add(function);
    functionsOf.computeIfAbsent(module, _ -> new CopyOnWriteArrayList<>()).add(handle);
    return handle;
  }

  @Override
  public long memAlloc(long bytes) {
    var pointer = JcudaHandles.devicePointer(0);
    check("cuMemAlloc", () -> JCudaDriver.cuMemAlloc(pointer, bytes));
    return JcudaHandles.address(pointer);
  }

  @Override
  public void memFree(long address) {
    check("cuMemFree", () -> JCudaDriver.cuMemFree(JcudaHandles.devicePointer(address)));
  }

  @Override
  public MemoryInfo memGetInfo() {
    long[] free = new long[1];
    long[] total = new long[1];
    check("cuMemGetInfo", () -> JCudaDriver.cuMemGetInfo(free, total));
    return new MemoryInfo(free[0], total[0]);
  }

  @Override
  @SuppressWarnings("restricted") // the size is what was asked for
  public MemorySegment memHostAlloc(long bytes) {
    Pointer pointer = new Pointer();
    check("cuMemHostAlloc", () -> JCudaDriver.cuMemHostAlloc(pointer, bytes, 0));
    return MemorySegment.ofAddress(JcudaHandles.handle(pointer)).reinterpret(bytes);
  }

  @Override
  public void memFreeHost(MemorySegment memory) {
    check("cuMemFreeHost", () -> JCudaDriver.cuMemFreeHost(JcudaHandles.pointer(memory.address())));
  }

  @Override
  public void memcpyHtoDAsync(long to, MemorySegment from, long bytes, long stream) {
    check(
        "cuMemcpyHtoDAsync",
        () ->
            JCudaDriver.cuMemcpyHtoDAsync(
                JcudaHandles.devicePointer(to),
                JcudaHandles.pointer(from.address()),
                bytes,
                streams.get(stream)));
  }

  @Override
  public void memcpyDtoHAsync(MemorySegment to, long from, long bytes, long stream) {
    check(
        "cuMemcpyDtoHAsync",
        () ->
            JCudaDriver.cuMemcpyDtoHAsync(
                JcudaHandles.pointer(to.address()),
                JcudaHandles.devicePointer(from),
                bytes,
                streams.get(stream)));
  }

  @Override
  public void memcpyDtoDAsync(long to, long from, long bytes, long stream) {
    check(
        "cuMemcpyDtoDAsync",
        () ->
            JCudaDriver.cuMemcpyDtoDAsync(
                JcudaHandles.devicePointer(to),
                JcudaHandles.devicePointer(from),
                bytes,
                streams.get(stream)));
  }

  @Override
  public void memsetD8Async(long address, byte value, long bytes, long stream) {
    check(
        "cuMemsetD8Async",
        () ->
            JCudaDriver.cuMemsetD8Async(
                JcudaHandles.devicePointer(address), value, bytes, streams.get(stream)));
  }

  @Override
  public long pointerGetAttribute(PointerAttribute attribute, long address) {
    long[] value = new long[1];
    check(
        "cuPointerGetAttribute",
        () ->
            JCudaDriver.cuPointerGetAttribute(
                Pointer.to(value), attribute.code(), JcudaHandles.devicePointer(address)));
    return value[0];
  }

  @Override
  public long streamCreate(StreamKind kind) {
    CUstream stream = new CUstream();
    check("cuStreamCreate", () -> JCudaDriver.cuStreamCreate(stream, kind.flags()));
    return streams.add(stream);
  }

  @Override
  public void streamDestroy(long stream) {
    CUstream object = streams.get(stream);
    streams.remove(stream);
    check("cuStreamDestroy", () -> JCudaDriver.cuStreamDestroy(object));
  }

  @Override
  public void streamSynchronize(long stream) {
    check("cuStreamSynchronize", () -> JCudaDriver.cuStreamSynchronize(streams.get(stream)));
  }

  @Override
  public boolean streamQuery(long stream) {
    return isReady("cuStreamQuery", () -> JCudaDriver.cuStreamQuery(streams.get(stream)));
  }

  @Override
  public void streamWaitEvent(long stream, long event) {
    check(
        "cuStreamWaitEvent",
        () -> JCudaDriver.cuStreamWaitEvent(streams.get(stream), events.get(event), 0));
  }

  @Override
  public boolean streamIsCapturing(long stream) {
    int[] capture = new int[1];
    check(
        "cuStreamIsCapturing", () -> JCudaDriver.cuStreamIsCapturing(streams.get(stream), capture));
    return capture[0] != CUstreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_NONE;
  }

  @Override
  public void streamBeginCapture(long stream) {
    check(
        "cuStreamBeginCapture",
        () ->
            JCudaDriver.cuStreamBeginCapture(
                streams.get(stream), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  }

  @Override
  public long streamEndCapture(long stream) {
    CUgraph graph = new CUgraph();
    check("cuStreamEndCapture", () -> JCudaDriver.cuStreamEndCapture(streams.get(stream), graph));
    return graphs.add(graph);
  }

  @Override
  public long graphInstantiate(long graph) {
    CUgraphExec executable = new CUgraphExec();
    check(
        "cuGraphInstantiate",
        () -> JCudaDriver.cuGraphInstantiate(executable, graphs.get(graph), 0));
    return executables.add(executable);
  }

  @Override
  public void graphLaunch(long executable, long stream) {
    check(
        "cuGraphLaunch",
        () -> JCudaDriver.cuGraphLaunch(executables.get(executable), streams.get(stream)));
  }

  @Override
  public void graphExecDestroy(long executable) {
    CUgraphExec object = executables.get(executable);
    executables.remove(executable);
    check("cuGraphExecDestroy", () -> JCudaDriver.cuGraphExecDestroy(object));
  }

  @Override
  public void graphDestroy(long graph) {
    CUgraph object = graphs.get(graph);
    graphs.remove(graph);
    check("cuGraphDestroy", () -> JCudaDriver.cuGraphDestroy(object));
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
    CUevent event = new CUevent();
    check("cuEventCreate", () -> JCudaDriver.cuEventCreate(event, flags));
    return events.add(event);
  }

  @Override
  public void eventRecord(long event, long stream) {
    check("cuEventRecord", () -> JCudaDriver.cuEventRecord(events.get(event), streams.get(stream)));
  }

  @Override
  public void eventSynchronize(long event) {
    check("cuEventSynchronize", () -> JCudaDriver.cuEventSynchronize(events.get(event)));
  }

  @Override
  public boolean eventQuery(long event) {
    return isReady("cuEventQuery", () -> JCudaDriver.cuEventQuery(events.get(event)));
  }

  @Override
  public float eventElapsedTime(long start, long end) {
    float[] milliseconds = new float[1];
    check(
        "cuEventElapsedTime",
        () -> JCudaDriver.cuEventElapsedTime(milliseconds, events.get(start), events.get(end)));
    return milliseconds[0];
  }

  @Override
  public void eventDestroy(long event) {
    CUevent object = events.get(event);
    events.remove(event);
    check("cuEventDestroy", () -> JCudaDriver.cuEventDestroy(object));
  }

  @Override
  public Launch launchKernel(long function, KernelArguments arguments) {
    return new JcudaLaunch(
        functions.get(function), JcudaHandles.pointer(arguments.pointers().address()));
  }

  /**
   * With JCuda's objects made beforehand, and its pointer naming memory that is laid out already,
   * JCuda has nothing to walk at a launch.
   */
  private final class JcudaLaunch implements Launch {
    private final CUfunction function;
    private final Pointer arguments;

    JcudaLaunch(CUfunction function, Pointer arguments) {
      this.function = function;
      this.arguments = arguments;
    }

    @Override
    public void on(long stream, int blocks, int threads) {
      CUstream there = streams.get(stream);
      check(
          "cuLaunchKernel",
          () ->
              JCudaDriver.cuLaunchKernel(
                  function, blocks, 1, 1, threads, 1, 1, 0, there, arguments, null));
    }
  }

  @Override
  public long adopt(CudaStream stream) {
    CUstream object = stream.jcuda().orElseGet(() -> streams.get(stream.handle()));
    return streams.add(object);
  }

  @Override
  public void disown(long stream) {
    streams.remove(stream);
  }

  private static void check(String function, IntSupplier call) {
    int status = status(call);
    if (status != CudaStatus.SUCCESS) {
      throw failure(status, function);
    }
  }

  private static boolean isReady(String function, IntSupplier call) {
    int status = status(call);
    if (status == CudaStatus.NOT_READY) {
      return false;
    }
    if (status != CudaStatus.SUCCESS) {
      throw failure(status, function);
    }
    return true;
  }

  /** The caller's program may have told JCuda to throw; that is a setting of the whole process. */
  private static int status(IntSupplier call) {
    try {
      return call.getAsInt();
    } catch (CudaException e) {
      for (int status = 0; status < STATUSES; status++) {
        if (CUresult.stringFor(status).equals(e.getMessage())) {
          return status;
        }
      }
      throw e;
    }
  }

  private static RuntimeException failure(int status, String function) {
    String[] name = new String[1];
    String[] text = new String[1];
    status(() -> JCudaDriver.cuGetErrorName(status, name));
    status(() -> JCudaDriver.cuGetErrorString(status, text));
    return CudaStatus.exception(
        status,
        function,
        Objects.requireNonNullElse(name[0], CudaStatus.UNKNOWN),
        Objects.requireNonNullElse(text[0], CudaStatus.UNKNOWN));
  }
}
