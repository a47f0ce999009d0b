package dev.yololoss;

import java.util.Locale;
import java.util.Optional;

/**
 * How the backend CUDA runs.
 *
 * @param binding how Java calls the driver
 * @param device the ordinal of the device, from 0
 * @param stream the caller's stream; empty for one of the engine's own, which waits for work on the
 *     legacy default stream as that waits for it
 * @param debug whether each kernel is waited for, so that an error names the kernel that made it
 */
public record CudaOptions(
    CudaBinding binding, int device, Optional<CudaStream> stream, boolean debug) {
  public CudaOptions {
    if (device < 0) {
      throw new IllegalArgumentException("device is " + device + "; must be at least 0");
    }
  }

  /** Names a {@link CudaBinding} to use where a program does not choose one. */
  public static final String BINDING_PROPERTY = "yololoss.cuda.binding";

  /**
   * JCuda unless {@value #BINDING_PROPERTY} says otherwise, device 0, a stream of the engine's own.
   */
  public static CudaOptions standard() {
    String binding = System.getProperty(BINDING_PROPERTY, CudaBinding.JCUDA.name());
    return new CudaOptions(
        CudaBinding.valueOf(binding.toUpperCase(Locale.ROOT)), 0, Optional.empty(), false);
  }

  public CudaOptions with(CudaBinding other) {
    return new CudaOptions(other, device, stream, debug);
  }

  public CudaOptions onDevice(int ordinal) {
    return new CudaOptions(binding, ordinal, stream, debug);
  }

  public CudaOptions on(CudaStream callers) {
    return new CudaOptions(binding, device, Optional.of(callers), debug);
  }

  public CudaOptions debugging() {
    return new CudaOptions(binding, device, stream, true);
  }
}
