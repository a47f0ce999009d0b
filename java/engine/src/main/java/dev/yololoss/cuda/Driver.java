package dev.yololoss.cuda;

import dev.yololoss.CudaStream;
import dev.yololoss.DeviceException;
import java.lang.foreign.MemorySegment;

/**
 * The functions of the CUDA driver that the engine uses, under their C names less {@code cu} and
 * version. Handles and device addresses are plain numbers. Every method throws {@link
 * DeviceException} unless the driver says CUDA_SUCCESS.
 *
 * <p>Used by any number of threads; what is current to a thread is the driver's business.
 */
interface Driver {
  /** A kernel with its arguments, made once and launched often. */
  interface Launch {
    /** Puts the kernel on a stream, in one dimension. */
    void on(long stream, int blocks, int threads);
  }

  /** How much memory a device has. */
  record MemoryInfo(long free, long total) {}

  void init();

  int driverGetVersion();

  int deviceGetCount();

  int deviceGet(int ordinal);

  String deviceGetName(int device);

  int deviceGetAttribute(DeviceAttribute attribute, int device);

  long deviceTotalMem(int device);

  long devicePrimaryCtxRetain(int device);

  void devicePrimaryCtxRelease(int device);

  void ctxPushCurrent(long context);

  void ctxPopCurrent();

  void ctxSynchronize();

  long moduleLoadData(byte[] image);

  void moduleUnload(long module);

  long moduleGetFunction(long module, String name);

  long memAlloc(long bytes);

  void memFree(long address);

  MemoryInfo memGetInfo();

  /** Pinned memory; it is there until {@link #memFreeHost}. */
  MemorySegment memHostAlloc(long bytes);

  void memFreeHost(MemorySegment memory);

  void memcpyHtoDAsync(long to, MemorySegment from, long bytes, long stream);

  void memcpyDtoHAsync(MemorySegment to, long from, long bytes, long stream);

  void memcpyDtoDAsync(long to, long from, long bytes, long stream);

  void memsetD8Async(long address, byte value, long bytes, long stream);

  /** What is known of an address; a number of 32 bits is in the lower half. */
  long pointerGetAttribute(PointerAttribute attribute, long address);

  long streamCreate(StreamKind kind);

  void streamDestroy(long stream);

  void streamSynchronize(long stream);

  /** Whether everything on the stream is done. */
  boolean streamQuery(long stream);

  void streamWaitEvent(long stream, long event);

  boolean streamIsCapturing(long stream);

  /** Other threads may go on calling the driver meanwhile. */
  void streamBeginCapture(long stream);

  long streamEndCapture(long stream);

  long graphInstantiate(long graph);

  void graphLaunch(long executable, long stream);

  void graphExecDestroy(long executable);

  void graphDestroy(long graph);

  /** An event that only says when, without a time. */
  long eventCreate();

  /** An event that can be measured against another. */
  long eventCreateTimed();

  void eventRecord(long event, long stream);

  void eventSynchronize(long event);

  /** Whether what the event was recorded after is done. */
  boolean eventQuery(long event);

  /** Milliseconds between two timed events. */
  float eventElapsedTime(long start, long end);

  void eventDestroy(long event);

  /** Prepares launches; the arguments' values are read at each. */
  Launch launchKernel(long function, KernelArguments arguments);

  /**
   * Makes a stream of the caller's known, until {@link #disown}.
   *
   * @return its handle
   * @throws IllegalArgumentException if this binding cannot take it; the message says which can
   */
  long adopt(CudaStream stream);

  /** Forgets a stream of the caller's, whose handle may be another's from now on. */
  void disown(long stream);
}
