package dev.yololoss.reference;

/** The unnormalised losses of each row of the assignment; 0 for what a row does not pay. */
final class MatchLosses {
  private final double[] box;
  private final double[] objectness;
  private final double[] classes;

  MatchLosses(int rows) {
    box = new double[rows];
    objectness = new double[rows];
    classes = new double[rows];
  }

  void box(int row, double loss) {
    box[row] = loss;
  }

  void objectness(int row, double loss) {
    objectness[row] = loss;
  }

  void classes(int row, double loss) {
    classes[row] = loss;
  }

  double box(int row) {
    return box[row];
  }

  double objectness(int row) {
    return objectness[row];
  }

  double classes(int row) {
    return classes[row];
  }
}
