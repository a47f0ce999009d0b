package dev.yololoss;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * How the backend CUDA runs.
 *
 * @param binding how Java calls the driver
 * @param device the ordinal of the device, from 0
 * @param stream the caller's stream; empty for one of the engine's own, which waits for work on the
 *     legacy default stream as that waits for it
 * @param debug whether an engine waits for each kernel, so that an error names the kernel that made
 *     it; single operations wait anyway, and do not name it
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
   *
   * @throws IllegalArgumentException if the property names no binding
   */
  public static CudaOptions standard() {
    return new CudaOptions(standardBinding(), 0, Optional.empty(), false);
  }

  private static CudaBinding standardBinding() {
    String name = System.getProperty(BINDING_PROPERTY, CudaBinding.JCUDA.name());
    for (CudaBinding binding : CudaBinding.values()) {
      if (binding.name().equals(name.toUpperCase(Locale.ROOT))) {
        return binding;
      }
    }
    throw new IllegalArgumentException(
        "the system property "
            + BINDING_PROPERTY
            + " is \""
            + name
            + "\"; allowed are "
            + Arrays.toString(CudaBinding.values())
            + ", in capitals or not");
  }

  /** The same through another binding. */
  public CudaOptions with(CudaBinding other) {
    return new CudaOptions(other, device, stream, debug);
  }

  /** The same on the device with this ordinal, from 0. */
  public CudaOptions onDevice(int ordinal) {
    return new CudaOptions(binding, ordinal, stream, debug);
  }

  /** The same on a stream of the caller's, which stays the caller's. */
  public CudaOptions on(CudaStream callers) {
    return new CudaOptions(binding, device, Optional.of(callers), debug);
  }

  /** The same with an engine that waits for each kernel. */
  public CudaOptions debugging() {
    return new CudaOptions(binding, device, stream, true);
  }
}
