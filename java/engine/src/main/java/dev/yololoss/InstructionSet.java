package dev.yololoss;

/**
 * Which instructions the NATIVE backend's float loops use. Bits are promised per set, decisions
 * across them.
 */
public enum InstructionSet {
  /** The best that this processor has. */
  BEST,
  /** What every processor of this architecture has. */
  BASELINE,
  /** AVX2 with FMA; an error where the processor has none. */
  AVX2
}
