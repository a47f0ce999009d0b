package dev.yololoss;

/**
 * How an engine runs.
 *
 * @param backend where it computes
 * @param targetPolicy what it does with a bad target
 * @param nonFinite what it does with NaN and infinity
 */
public record EngineOptions(Backend backend, TargetPolicy targetPolicy, NonFinitePolicy nonFinite) {
  /** THROW on bad targets and on non-finite values. */
  public static EngineOptions on(Backend backend) {
    return new EngineOptions(backend, TargetPolicy.THROW, NonFinitePolicy.THROW);
  }

  public EngineOptions with(TargetPolicy policy) {
    return new EngineOptions(backend, policy, nonFinite);
  }

  public EngineOptions with(NonFinitePolicy policy) {
    return new EngineOptions(backend, targetPolicy, policy);
  }
}
