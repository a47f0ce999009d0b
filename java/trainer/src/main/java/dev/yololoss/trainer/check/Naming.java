package dev.yololoss.trainer.check;

/** How a file calls the numbers that it expects, which are always the float64 ones. */
enum Naming {
  PLAIN("total", "loss", "grad."),
  /** Keeps the float64 numbers beside the program's own float32, and deltas: minus the gradient. */
  DARKNET("total64", "loss64", "delta64."),
  /** Logs an l2 as every fifth component, which nothing depends on and which is not recomputed. */
  DENA("total", "loss", "grad.");

  private final String total;
  private final String components;
  private final String gradient;

  Naming(String total, String components, String gradient) {
    this.total = total;
    this.components = components;
    this.gradient = gradient;
  }

  static Naming of(String presetInFile) {
    return switch (presetInFile) {
      case "darknet" -> DARKNET;
      case "dena" -> DENA;
      default -> PLAIN;
    };
  }

  String total() {
    return total;
  }

  String components() {
    return components;
  }

  String gradient(int layer) {
    return gradient + layer;
  }

  /** What a number of the file must be multiplied by to be a derivative. */
  int sign() {
    return this == DARKNET ? -1 : 1;
  }

  boolean isRecomputed(int component) {
    return this != DENA || component % 5 != 4;
  }
}
