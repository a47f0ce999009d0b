package dev.yololoss.cuda;

import dev.yololoss.DeviceException;
import dev.yololoss.DeviceLostException;
import dev.yololoss.OutOfDeviceMemoryException;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * A device's primary context, which other runtimes of the process use too, held by one engine.
 *
 * <p>It is current to a thread between {@link #enter} and {@link #leave} only. After an error that
 * the context does not survive, this throws {@link DeviceLostException} ever after.
 */
final class CudaContext implements AutoCloseable {
  private final Driver driver;
  private final int ordinal;
  private final int device;
  private final long context;
  private DeviceException first;
  private boolean closed;

  CudaContext(Driver driver, int ordinal) {
    this.driver = driver;
    this.ordinal = ordinal;
    this.device = driver.deviceGet(ordinal);
    this.context = driver.devicePrimaryCtxRetain(device);
  }

  Driver driver() {
    return driver;
  }

  /** The device's ordinal. */
  int ordinal() {
    return ordinal;
  }

  int attribute(DeviceAttribute attribute) {
    return driver.deviceGetAttribute(attribute, device);
  }

  /** Makes the context current; {@link #leave} follows, whatever happens. */
  void enter() {
    if (first != null) {
      throw new DeviceLostException(first);
    }
    try {
      driver.ctxPushCurrent(context);
    } catch (DeviceException e) {
      throw failed(e);
    }
  }

  void leave() {
    try {
      driver.ctxPopCurrent();
    } catch (DeviceException e) {
      if (first == null) {
        throw failed(e);
      }
    }
  }

  /** Runs work with the context current. */
  <T> T call(Supplier<T> work) {
    enter();
    T result;
    try {
      result = work.get();
    } catch (DeviceException e) {
      DeviceException told = failed(e);
      leaveAfter(told);
      throw told;
    } catch (RuntimeException | Error e) {
      leaveAfter(e);
      throw e;
    }
    leave();
    return result;
  }

  /** Leaves because something has failed, which is told with what fails now. */
  void leaveAfter(Throwable cause) {
    try {
      leave();
    } catch (DeviceException e) {
      cause.addSuppressed(e);
    }
  }

  /**
   * Frees something. On a device that was lost before nothing can be freed any more, and nothing
   * needs to be.
   */
  void release(Runnable work) {
    boolean known = first != null;
    boolean entered = false;
    try {
      if (first == null) {
        driver.ctxPushCurrent(context);
        entered = true;
      }
      work.run();
    } catch (DeviceException e) {
      DeviceException told = failed(e);
      if (!known) {
        throw told;
      }
    } finally {
      if (entered) {
        leave();
      }
    }
  }

  /** What to throw for an error; remembers the first that the context does not survive. */
  DeviceException failed(DeviceException e) {
    if (e instanceof DeviceLostException || !CudaStatus.isSticky(e)) {
      return e;
    }
    if (first == null) {
      first = e;
    }
    return new DeviceLostException(first);
  }

  /** Whether nothing works any more. */
  boolean isLost() {
    return first != null;
  }

  /**
   * Allocates memory of the device, and says how much there is if there is not enough. The context
   * is current.
   */
  long allocate(long bytes) {
    try {
      return driver.memAlloc(Math.max(1, bytes));
    } catch (DeviceException e) {
      if (e.status() != CudaStatus.OUT_OF_MEMORY) {
        throw e;
      }
      Driver.MemoryInfo memory = driver.memGetInfo();
      throw new OutOfDeviceMemoryException(
          e.status(), "device memory", bytes, memory.free(), memory.total());
    }
  }

  /** Allocates pinned memory of this machine. The context is current. */
  MemorySegment allocatePinned(long bytes) {
    try {
      return driver.memHostAlloc(Math.max(1, bytes));
    } catch (DeviceException e) {
      if (e.status() != CudaStatus.OUT_OF_MEMORY) {
        throw e;
      }
      throw new OutOfDeviceMemoryException(e.status(), "pinned memory of this machine", bytes);
    }
  }

  /**
   * Closes what belongs to the context, and then lets go of it. On a device that was lost before
   * nothing can be freed any more, and nothing needs to be.
   *
   * @throws DeviceLostException if work that nobody has waited for has lost the device
   */
  void closeWith(AutoCloseable resources) {
    if (closed) {
      return;
    }
    closed = true;
    boolean known = first != null;
    try (CloseAll all = new CloseAll()) {
      all.add(() -> driver.devicePrimaryCtxRelease(device));
      boolean entered = false;
      try {
        driver.ctxPushCurrent(context);
        entered = true;
      } finally {
        if (entered) {
          all.add(driver::ctxPopCurrent);
        }
        all.add(resources);
      }
    } catch (DeviceException e) {
      DeviceException told = failed(e);
      if (!known) {
        throw told;
      }
    }
  }

  /** Closes because something has failed, which is told with what fails now. */
  void closeAfter(Throwable cause, AutoCloseable resources) {
    try {
      closeWith(resources);
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    closeWith(() -> {});
  }
}
