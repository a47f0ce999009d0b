package dev.yololoss.spec;

/** From what a binary cross-entropy is computed. */
public enum BceForm {
  /**
   * From the logit: {@code (1 - t) x + (1 + (p - 1) t) softplus(-x)}; no clamp, gradient {@code
   * s(x) - t}.
   */
  FROM_LOGITS,
  /**
   * From the probability as torch's BCELoss: logarithms clamped at -100, gradient {@code (p - t) /
   * max(p (1 - p), 1e-12) * p (1 - p)}, which fades beyond logits of about 27.6.
   */
  OF_PROBABILITY
}
