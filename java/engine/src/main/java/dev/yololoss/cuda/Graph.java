package dev.yololoss.cuda;

import dev.yololoss.DeviceException;

/** Work that was captured once and is launched as one. */
final class Graph extends DriverObject {
  private Graph(Driver driver, long executable) {
    super(driver, executable);
  }

  /**
   * Captures what {@code work} puts on a stream; nothing of it runs.
   *
   * @param stream not the legacy default stream
   */
  static Graph capture(Driver driver, long stream, Runnable work) {
    driver.streamBeginCapture(stream);
    long graph;
    try {
      work.run();
      graph = driver.streamEndCapture(stream);
    } catch (RuntimeException | Error e) {
      abandon(driver, stream, e);
      throw e;
    }
    try {
      return new Graph(driver, driver.graphInstantiate(graph));
    } catch (DeviceException e) {
      throw CudaStatus.named("a step's graph", e);
    } finally {
      driver.graphDestroy(graph);
    }
  }

  /** Ends a capture that has failed, so that the stream is fit for the next. */
  private static void abandon(Driver driver, long stream, Throwable cause) {
    try {
      long graph = driver.streamEndCapture(stream);
      if (graph != 0) {
        driver.graphDestroy(graph);
      }
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  void launch(long stream) {
    driver().graphLaunch(handle(), stream);
  }

  @Override
  void destroy(long executable) {
    driver().graphExecDestroy(executable);
  }
}
