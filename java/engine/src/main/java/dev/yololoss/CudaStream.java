package dev.yololoss;

import dev.yololoss.cuda.JcudaHandles;
import java.util.Optional;
import jcuda.driver.CUstream;

/**
 * A stream that the caller owns and that an engine puts its work on. It must outlive the engine.
 *
 * @param handle the {@code CUstream}, as libtorch and other runtimes know it; 0 and 1 for the
 *     legacy default stream, 2 for that of the thread
 * @param jcuda JCuda's object for it; empty for the streams of other runtimes
 */
public record CudaStream(long handle, Optional<CUstream> jcuda) {
  /** A stream of any runtime; needs {@link CudaBinding#PANAMA}, unless it is a default stream. */
  public static CudaStream of(long handle) {
    return new CudaStream(handle, Optional.empty());
  }

  /** A stream that JCuda has made; goes with either binding. */
  public static CudaStream of(CUstream stream) {
    return new CudaStream(JcudaHandles.handle(stream), Optional.of(stream));
  }

  @Override
  public String toString() {
    return "stream 0x" + Long.toHexString(handle);
  }
}
