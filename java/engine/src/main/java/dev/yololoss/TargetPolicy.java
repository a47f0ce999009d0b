package dev.yololoss;

/**
 * What happens to a target with a non-finite number, a width or height of 0 or less, a centre
 * outside 0..1, or a class or image out of range. A box that crosses the image's border is no error
 * and is used as it is.
 */
public enum TargetPolicy {
  /** A {@link TargetException} names the first; nothing is computed. */
  THROW,
  /** A centre outside 0..1 moves to the border; every other error still throws. */
  CLIP,
  /** The row is left out. */
  SKIP
}
