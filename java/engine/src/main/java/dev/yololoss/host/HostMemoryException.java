package dev.yololoss.host;

/** The native library could not allocate memory. */
public final class HostMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  HostMemoryException(String message) {
    super(message);
  }
}
