package dev.yololoss;

/**
 * How many bytes of tensors an engine has copied because they were not where it computes. Targets
 * and results, a few kilobytes a step, are not counted.
 *
 * @param toDevice of predictions
 * @param toHost of gradients
 */
public record CopiedBytes(long toDevice, long toHost) {}
