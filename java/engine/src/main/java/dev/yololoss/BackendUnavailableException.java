package dev.yololoss;

import java.util.List;

/** A backend that was asked for and is not there. The message holds every reason. */
public final class BackendUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Backend backend;

  /**
   * @param reasons each with its cure
   */
  public BackendUnavailableException(Backend backend, List<String> reasons) {
    super("backend " + backend + " is not available: " + String.join("; ", reasons));
    this.backend = backend;
  }

  public Backend backend() {
    return backend;
  }
}
