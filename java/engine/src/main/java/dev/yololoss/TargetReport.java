package dev.yololoss;

/**
 * What the {@link TargetPolicy} did.
 *
 * @param used rows that the loss was computed from
 * @param clipped rows among them whose centre was moved to the border
 * @param skipped rows that were left out
 */
public record TargetReport(int used, int clipped, int skipped) {}
