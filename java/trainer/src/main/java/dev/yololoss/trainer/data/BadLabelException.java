package dev.yololoss.trainer.data;

/** Within the readers: something in a label file cannot be read. */
final class BadLabelException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int line;

  BadLabelException(int line, String what) {
    super(what);
    this.line = line;
  }

  /** Counted from 1. */
  int line() {
    return line;
  }

  static double number(int line, String name, String text) throws BadLabelException {
    double value;
    try {
      value = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new BadLabelException(line, "%s '%s' is not a number".formatted(name, text));
    }
    if (!Double.isFinite(value)) {
      throw new BadLabelException(line, "%s %s; must be finite".formatted(name, text));
    }
    return value;
  }
}
