package dev.yololoss;

/**
 * How an engine runs.
 *
 * @param backend where it computes
 * @param targetPolicy what it does with a bad target
 * @param nonFinite what it does with NaN and infinity
 * @param threads of the NATIVE backend, at most 1024; 0 for all cores that this JVM may use
 * @param instructionSet of the NATIVE backend
 * @param cuda how the CUDA backend runs
 */
public record EngineOptions(
    Backend backend,
    TargetPolicy targetPolicy,
    NonFinitePolicy nonFinite,
    int threads,
    InstructionSet instructionSet,
    CudaOptions cuda) {
  public EngineOptions {
    if (threads < 0) {
      throw new IllegalArgumentException(
          "threads is " + threads + "; must be at least 0, which stands for all cores");
    }
  }

  /** THROW on bad targets and on non-finite values, all cores, their best instructions. */
  public static EngineOptions on(Backend backend) {
    return new EngineOptions(
        backend,
        TargetPolicy.THROW,
        NonFinitePolicy.THROW,
        0,
        InstructionSet.BEST,
        CudaOptions.standard());
  }

  /** The same with another policy for bad targets. */
  public EngineOptions with(TargetPolicy policy) {
    return new EngineOptions(backend, policy, nonFinite, threads, instructionSet, cuda);
  }

  /** The same with another policy for NaN and infinity. */
  public EngineOptions with(NonFinitePolicy policy) {
    return new EngineOptions(backend, targetPolicy, policy, threads, instructionSet, cuda);
  }

  /** The same with other instructions of the NATIVE backend. */
  public EngineOptions with(InstructionSet set) {
    return new EngineOptions(backend, targetPolicy, nonFinite, threads, set, cuda);
  }

  /**
   * The same with another number of threads of the NATIVE backend.
   *
   * @param count at least 0, which stands for all cores
   */
  public EngineOptions withThreads(int count) {
    return new EngineOptions(backend, targetPolicy, nonFinite, count, instructionSet, cuda);
  }

  /** The same with a CUDA backend that runs otherwise. */
  public EngineOptions with(CudaOptions options) {
    return new EngineOptions(backend, targetPolicy, nonFinite, threads, instructionSet, options);
  }

  /** The same with another binding of the CUDA backend. */
  public EngineOptions with(CudaBinding binding) {
    return with(cuda.with(binding));
  }
}
