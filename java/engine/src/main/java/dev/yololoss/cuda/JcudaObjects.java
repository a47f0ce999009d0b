package dev.yololoss.cuda;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import jcuda.NativePointerObject;

/** JCuda's objects of one kind by their handles, since JCuda cannot make one from a handle. */
final class JcudaObjects<T extends NativePointerObject> {
  private final ConcurrentMap<Long, T> objects = new ConcurrentHashMap<>();
  private final String kind;

  JcudaObjects(String kind) {
    this.kind = kind;
  }

  /** Remembers an object; returns its handle. */
  long add(T object) {
    long handle = JcudaHandles.handle(object);
    objects.put(handle, object);
    return handle;
  }

  T get(long handle) {
    T object = objects.get(handle);
    if (object == null) {
      throw new IllegalArgumentException(
          kind
              + " 0x"
              + Long.toHexString(handle)
              + " was not made by JCuda, which cannot take it by its address; use"
              + " CudaBinding.PANAMA");
    }
    return object;
  }

  void remove(long handle) {
    objects.remove(handle);
  }
}
