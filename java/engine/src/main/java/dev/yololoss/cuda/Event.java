package dev.yololoss.cuda;

/** Says when the work before it is done. */
final class Event extends DriverObject {
  Event(Driver driver) {
    super(driver, driver.eventCreate());
  }

  void record(long stream) {
    driver().eventRecord(handle(), stream);
  }

  /** Whether the work before the last {@link #record} is done; so it is if there was none. */
  boolean isReached() {
    return driver().eventQuery(handle());
  }

  /** Waits for the work before the last {@link #record}; returns at once if there was none. */
  void synchronize() {
    driver().eventSynchronize(handle());
  }

  @Override
  void destroy(long event) {
    driver().eventDestroy(event);
  }
}
