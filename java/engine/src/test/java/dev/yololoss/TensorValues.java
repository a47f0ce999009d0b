package dev.yololoss;

import java.util.function.LongConsumer;

/**
 * The values of a tensor in the order image, anchor, row, column, attribute, whatever their order
 * in memory.
 */
public final class TensorValues {
  private TensorValues() {}

  public static double[] of(HeadTensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.size())];
    int[] next = {0};
    forEachIndex(tensor, index -> values[next[0]++] = tensor.type().get(tensor.memory(), index));
    return values;
  }

  public static void write(HeadTensor tensor, double[] values) {
    int[] next = {0};
    forEachIndex(tensor, index -> tensor.type().set(tensor.memory(), index, values[next[0]++]));
  }

  /** The place of the n-th value in words. */
  public static String place(HeadTensor tensor, int n) {
    int attribute = n % tensor.attributes();
    int cell = n / tensor.attributes();
    int column = cell % tensor.width();
    int row = cell / tensor.width() % tensor.height();
    int plane = cell / tensor.width() / tensor.height();
    return "image "
        + plane / tensor.anchors()
        + ", anchor "
        + plane % tensor.anchors()
        + ", row "
        + row
        + ", column "
        + column
        + ", attribute "
        + attribute;
  }

  static void forEachIndex(HeadTensor t, LongConsumer consumer) {
    for (int image = 0; image < t.images(); image++) {
      for (int anchor = 0; anchor < t.anchors(); anchor++) {
        for (int row = 0; row < t.height(); row++) {
          for (int column = 0; column < t.width(); column++) {
            for (int attribute = 0; attribute < t.attributes(); attribute++) {
              consumer.accept(t.index(image, anchor, attribute, row, column));
            }
          }
        }
      }
    }
  }
}
