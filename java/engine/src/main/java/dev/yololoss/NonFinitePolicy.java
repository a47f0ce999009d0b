package dev.yololoss;

/**
 * What happens when a value that the loss reads, the loss itself or a gradient element is NaN or
 * infinite.
 */
public enum NonFinitePolicy {
  /**
   * The gradients are zeroed, no state advances, and a {@link NonFiniteException} names the first
   * such value.
   */
  THROW,
  /**
   * The result and the gradients are what they are; {@link Diagnostics#firstNonFinite()} names the
   * first such value.
   */
  REPORT,
  /**
   * As REPORT, but gradient elements that are not finite become 0 (darknet; allowed for its preset
   * only).
   */
  ZERO
}
