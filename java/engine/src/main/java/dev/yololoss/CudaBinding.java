package dev.yololoss;

/** How Java calls the CUDA driver. The same functions of the same library, and the same results. */
public enum CudaBinding {
  /** The library JCuda. Takes streams that JCuda has made. */
  JCUDA,
  /**
   * {@code java.lang.foreign}. Takes the streams of any runtime by their address; a call to the
   * driver leaves nothing to the garbage collector.
   */
  PANAMA
}
