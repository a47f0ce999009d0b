package dev.yololoss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;

/** What a step came to, and for which arrays. */
record Evaluated(List<NDArray> labels, List<NDArray> heads, double total) {
  Evaluated(NDList labels, NDList heads, double total) {
    this(List.<NDArray>copyOf(labels), List.<NDArray>copyOf(heads), total);
  }

  /** Whether these are the same arrays, not merely equal ones. */
  boolean isOf(NDList otherLabels, NDList otherHeads) {
    return same(labels, otherLabels) && same(heads, otherHeads);
  }

  private static boolean same(List<NDArray> mine, NDList others) {
    boolean same = mine.size() == others.size();
    for (int i = 0; same && i < mine.size(); i++) {
      same = mine.get(i) == others.get(i);
    }
    return same;
  }
}
