package dev.yololoss.cuda;

import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/** Reads the numbers inside JCuda's objects, which are closed to all but subclasses. */
public final class JcudaHandles {
  private static final class Handle extends NativePointerObject {
    Handle(NativePointerObject object) {
      super(object);
    }

    long value() {
      return getNativePointer();
    }
  }

  private static final class Address extends Pointer {
    Address(Pointer pointer) {
      super(pointer);
    }

    long value() {
      return getNativePointer() + getByteOffset();
    }
  }

  private JcudaHandles() {}

  /** A stream, event, function or the like as the driver knows it. */
  public static long handle(NativePointerObject object) {
    return new Handle(object).value();
  }

  /** An address of device memory. */
  public static long address(CUdeviceptr pointer) {
    return new Address(pointer).value();
  }

  static CUdeviceptr devicePointer(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  static Pointer pointer(long address) {
    return new Pointer().withByteOffset(address);
  }
}
