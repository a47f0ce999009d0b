package dev.yololoss.trainer.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import dev.yololoss.spec.Head;

/**
 * A head's first biases: 0, but objectness that expects few objects in many cells. Otherwise the
 * many empty cells drown the few objects in the first steps.
 *
 * @param attributes 5 + classes
 * @param imageSide in pixels
 */
record FewObjects(Head head, int attributes, int imageSide) implements Initializer {
  private static final double OBJECTS = 4;
  private static final int OBJECTNESS = 4;

  /** How many channels the head has. */
  int size() {
    return head.anchors().size() * attributes;
  }

  @Override
  public NDArray initialize(NDManager manager, Shape shape, DataType type) {
    double cells = Math.pow((double) imageSide / head.stride(), 2);
    double share = Math.min(0.5, OBJECTS / cells);
    float[] values = new float[size()];
    for (int anchor = 0; anchor < head.anchors().size(); anchor++) {
      values[anchor * attributes + OBJECTNESS] = (float) Math.log(share / (1 - share));
    }
    return manager.create(values, shape);
  }
}
