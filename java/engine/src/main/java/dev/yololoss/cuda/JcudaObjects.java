package dev.yololoss.cuda;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import jcuda.NativePointerObject;

/**
 * JCuda's objects of one kind by their handles, since JCuda cannot make one from a handle. Each is
 * kept until it was removed as often as it was added: the driver gives the handle of what is
 * destroyed to something else.
 */
final class JcudaObjects<T extends NativePointerObject> {
  private record Kept<T>(T object, int times) {
    Kept<T> plus(int more) {
      return times + more == 0 ? null : new Kept<>(object, times + more);
    }
  }

  private final ConcurrentMap<Long, Kept<T>> objects = new ConcurrentHashMap<>();
  private final String kind;

  JcudaObjects(String kind) {
    this.kind = kind;
  }

  /** Remembers an object; returns its handle. */
  long add(T object) {
    long handle = JcudaHandles.handle(object);
    objects.merge(handle, new Kept<>(object, 1), (kept, added) -> kept.plus(1));
    return handle;
  }

  T get(long handle) {
    Kept<T> kept = objects.get(handle);
    if (kept == null) {
      throw new IllegalArgumentException(
          kind
              + " 0x"
              + Long.toHexString(handle)
              + " was not made by JCuda, which cannot take it by its address; use"
              + " CudaBinding.PANAMA");
    }
    return kept.object();
  }

  void remove(long handle) {
    objects.computeIfPresent(handle, (same, kept) -> kept.plus(-1));
  }
}
