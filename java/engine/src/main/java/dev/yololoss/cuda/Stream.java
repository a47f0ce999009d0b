package dev.yololoss.cuda;

/** A stream of the engine's own. */
final class Stream extends DriverObject {
  Stream(Driver driver, StreamKind kind) {
    super(driver, driver.streamCreate(kind));
  }

  @Override
  void destroy(long stream) {
    driver().streamDestroy(stream);
  }
}
