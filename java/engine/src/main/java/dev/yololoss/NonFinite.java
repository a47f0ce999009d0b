package dev.yololoss;

/**
 * Where the first value that is NaN or infinite stands, in the order layer, image, anchor, row,
 * column, attribute.
 *
 * @param kind what it is a value of
 * @param layer the head, or -1 for {@link Kind#LOSS}
 * @param attribute 0 x, 1 y, 2 w, 3 h, 4 objectness, from 5 on classes
 * @param value the value
 */
public record NonFinite(
    Kind kind, int layer, int image, int anchor, int row, int column, int attribute, double value) {
  /** Of what. A prediction is looked for first, then a gradient element, then the loss. */
  public enum Kind {
    PREDICTION,
    GRADIENT,
    LOSS
  }

  @Override
  public String toString() {
    if (kind == Kind.LOSS) {
      return "the loss is " + value;
    }
    return kind.name().toLowerCase(java.util.Locale.ROOT)
        + " is "
        + value
        + " at layer "
        + layer
        + ", image "
        + image
        + ", anchor "
        + anchor
        + ", row "
        + row
        + ", column "
        + column
        + ", attribute "
        + attribute
        + " ("
        + attributeName()
        + ")";
  }

  private String attributeName() {
    return switch (attribute) {
      case 0 -> "x";
      case 1 -> "y";
      case 2 -> "w";
      case 3 -> "h";
      case 4 -> "objectness";
      default -> "class " + (attribute - 5);
    };
  }
}
