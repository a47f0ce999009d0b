package dev.yololoss.spec;

/**
 * A prior box shape.
 *
 * @param width in the unit of {@link Heads#unit()}, greater than 0
 * @param height likewise
 */
public record Anchor(double width, double height) {
  public Anchor {
    Require.positive("anchor width", width);
    Require.positive("anchor height", height);
  }
}
