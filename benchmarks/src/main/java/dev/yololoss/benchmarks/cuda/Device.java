package dev.yololoss.benchmarks.cuda;

import dev.yololoss.Backend;
import dev.yololoss.CudaBinding;
import dev.yololoss.CudaStream;
import dev.yololoss.DevicePointer;
import dev.yololoss.Doctor;
import dev.yololoss.EngineOptions;
import dev.yololoss.HeadTensor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * The first GPU as a program beside the engine uses it: memory, a stream and a clock of the
 * device's own. For the thread that opens it.
 */
final class Device implements AutoCloseable {
  private static final long BYTES_OF_FILLING = 16L << 20;

  /** 16 GiB, which takes the fastest devices some milliseconds: no work here needs as long. */
  private static final int MOST_FILLINGS = 1024;

  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final CUstream stream = new CUstream();
  private final CUevent begin = new CUevent();
  private final CUevent end = new CUevent();
  private final List<CUdeviceptr> memory = new ArrayList<>();
  private final CUdeviceptr filled;
  private int fillings = 1;

  /** Whether this machine came with the last timed work when the device was waiting for it. */
  private boolean wasLate;

  /**
   * @throws IllegalStateException if there is no device; the message is the doctor's
   */
  Device() {
    // also loads driver and JCuda as the engine does
    EngineOptions throughJcuda = EngineOptions.on(Backend.CUDA).with(CudaBinding.JCUDA);
    List<String> reasons = Doctor.reasonsAgainst(throughJcuda);
    if (!reasons.isEmpty()) {
      throw new IllegalStateException(String.join("; ", reasons));
    }
    check("cuInit", JCudaDriver.cuInit(0));
    check("cuDeviceGet", JCudaDriver.cuDeviceGet(device, 0));
    check("cuDevicePrimaryCtxRetain", JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
    check("cuCtxPushCurrent", JCudaDriver.cuCtxPushCurrent(context));
    check(
        "cuStreamCreate",
        JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
    check("cuEventCreate", JCudaDriver.cuEventCreate(begin, 0));
    check("cuEventCreate", JCudaDriver.cuEventCreate(end, 0));
    filled = allocate(BYTES_OF_FILLING);
  }

  String name() {
    byte[] name = new byte[256];
    check("cuDeviceGetName", JCudaDriver.cuDeviceGetName(name, name.length, device));
    int length = 0;
    while (name[length] != 0) {
      length++;
    }
    return new String(name, 0, length, StandardCharsets.UTF_8);
  }

  /** As 13000 for CUDA 13.0. */
  int driverVersion() {
    int[] version = {0};
    check("cuDriverGetVersion", JCudaDriver.cuDriverGetVersion(version));
    return version[0];
  }

  long secondLevelCacheBytes() {
    int[] bytes = {0};
    check(
        "cuDeviceGetAttribute",
        JCudaDriver.cuDeviceGetAttribute(
            bytes, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, device));
    return bytes[0];
  }

  CudaStream stream() {
    return CudaStream.of(stream);
  }

  /** Memory that lives as long as this. */
  CUdeviceptr allocate(long bytes) {
    CUdeviceptr pointer = new CUdeviceptr();
    check("cuMemAlloc of " + bytes + " bytes", JCudaDriver.cuMemAlloc(pointer, bytes));
    memory.add(pointer);
    return pointer;
  }

  /** Tensors of the same shape on the device, with whatever is there. */
  List<HeadTensor> like(List<HeadTensor> tensors) {
    return tensors.stream()
        .map(t -> t.over(DevicePointer.of(allocate(t.spanBytes()), t.spanBytes())))
        .toList();
  }

  /** The same values on the device. */
  List<HeadTensor> upload(List<HeadTensor> tensors) {
    List<HeadTensor> copies = like(tensors);
    for (int layer = 0; layer < tensors.size(); layer++) {
      HeadTensor tensor = tensors.get(layer);
      check(
          "cuMemcpyHtoD",
          JCudaDriver.cuMemcpyHtoD(
              memory.get(memory.size() - tensors.size() + layer),
              Pointer.to(tensor.memory().asByteBuffer()),
              tensor.spanBytes()));
    }
    return copies;
  }

  void fill(CUdeviceptr pointer, long bytes) {
    check("cuMemsetD8Async", JCudaDriver.cuMemsetD8Async(pointer, (byte) 1, bytes, stream));
  }

  void copy(CUdeviceptr to, CUdeviceptr from, long bytes) {
    check("cuMemcpyDtoDAsync", JCudaDriver.cuMemcpyDtoDAsync(to, from, bytes, stream));
  }

  void synchronize() {
    check("cuStreamSynchronize", JCudaDriver.cuStreamSynchronize(stream));
  }

  /**
   * Microseconds that the device takes for some work alone; waits for it.
   *
   * <p>On an idle stream the device would be at the first event at once, and wait there until this
   * machine has put the work behind it: that time would count. So it is given something to fill
   * first, and more of it if it was done too early all the same.
   *
   * @param before put on the stream first and not timed; what is to be in the device's caches, or
   *     not to be
   * @param work put on the stream, perhaps more than once
   */
  double timeAlone(Runnable before, Runnable work) {
    while (true) {
      for (int n = 0; n < fillings; n++) {
        fill(filled, BYTES_OF_FILLING);
      }
      before.run();
      double took = time(work);
      if (!wasLate || fillings >= MOST_FILLINGS) {
        return took;
      }
      fillings *= 2;
    }
  }

  /**
   * Microseconds from where the device is now to the end of what the work puts on the stream; waits
   * for it.
   */
  double time(Runnable work) {
    check("cuEventRecord", JCudaDriver.cuEventRecord(begin, stream));
    work.run();
    check("cuEventRecord", JCudaDriver.cuEventRecord(end, stream));
    wasLate = JCudaDriver.cuEventQuery(begin) == CUresult.CUDA_SUCCESS;
    check("cuEventSynchronize", JCudaDriver.cuEventSynchronize(end));
    float[] milliseconds = {0};
    check("cuEventElapsedTime", JCudaDriver.cuEventElapsedTime(milliseconds, begin, end));
    return 1000 * milliseconds[0];
  }

  @Override
  public void close() {
    synchronize();
    for (CUdeviceptr pointer : memory) {
      check("cuMemFree", JCudaDriver.cuMemFree(pointer));
    }
    check("cuEventDestroy", JCudaDriver.cuEventDestroy(end));
    check("cuEventDestroy", JCudaDriver.cuEventDestroy(begin));
    check("cuStreamDestroy", JCudaDriver.cuStreamDestroy(stream));
    check("cuCtxPopCurrent", JCudaDriver.cuCtxPopCurrent(new CUcontext()));
    check("cuDevicePrimaryCtxRelease", JCudaDriver.cuDevicePrimaryCtxRelease(device));
  }

  private static void check(String call, int status) {
    if (status != CUresult.CUDA_SUCCESS) {
      throw new IllegalStateException(call + ": " + CUresult.stringFor(status));
    }
  }
}
