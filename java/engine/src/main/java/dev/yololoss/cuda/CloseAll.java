package dev.yololoss.cuda;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Closes everything that was added, the last first, whatever happens. The first exception is
 * thrown, with the others suppressed.
 */
final class CloseAll implements AutoCloseable {
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  /** Takes a resource over; returns it. */
  <T extends AutoCloseable> T add(T resource) {
    resources.push(resource);
    return resource;
  }

  /** Whether there is nothing to close. */
  boolean isEmpty() {
    return resources.isEmpty();
  }

  /** Closes because something has failed, which is told with what fails now. */
  void closeAfter(Throwable cause) {
    try {
      close();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  /** Idempotent. */
  @Override
  public void close() {
    RuntimeException first = null;
    while (!resources.isEmpty()) {
      try {
        resources.pop().close();
      } catch (Exception e) {
        RuntimeException failure =
            e instanceof RuntimeException known ? known : new IllegalStateException(e);
        if (first == null) {
          first = failure;
        } else {
          first.addSuppressed(failure);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
