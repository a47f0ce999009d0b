package dev.yololoss.trainer.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.util.Pair;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.trainer.data.Batch;

/** The network with its parameters, which it owns. */
final class Detector implements AutoCloseable {
  /** About so many objects of a picture are met by one anchor of a head. */
  private static final double OBJECTS_AT_FIRST = 4;

  private final NDManager manager;
  private final DetectorBlock block;
  private final ParameterStore parameters;

  private Detector(NDManager manager, DetectorBlock block) {
    this.manager = manager;
    this.block = block;
    this.parameters = new ParameterStore(manager, false);
  }

  /**
   * A network with random parameters.
   *
   * @param size side of its input in pixels
   */
  static Detector initialised(LossSpec spec, int size, long seed) {
    NDManager manager = NDManager.newBaseManager(PyTorch.NAME);
    JniUtils.setSeed(seed);
    DetectorBlock block = new DetectorBlock(spec);
    block.initialize(manager, DataType.FLOAT32, new Shape(1, 3, size, size));
    for (int layer = 0; layer < spec.heads().heads().size(); layer++) {
      expectFewObjects(block.bias(layer).getArray(), spec, layer, size);
    }
    return new Detector(manager, block);
  }

  /** Otherwise the many empty cells drown the few objects in the first steps. */
  private static void expectFewObjects(NDArray bias, LossSpec spec, int layer, int size) {
    Head head = spec.heads().heads().get(layer);
    double cells = Math.pow((double) size / head.stride(), 2);
    double share = Math.min(0.5, OBJECTS_AT_FIRST / cells);
    float[] values = new float[Math.toIntExact(bias.size())];
    for (int anchor = 0; anchor < head.anchors().size(); anchor++) {
      values[anchor * spec.attributes() + 4] = (float) Math.log(share / (1 - share));
    }
    bias.set(values);
  }

  NDManager newStep() {
    return manager.newSubManager();
  }

  /**
   * The raw heads; with {@code training} batch norm takes the batch's own statistics.
   *
   * @param step owns everything that is computed
   */
  NDList forward(NDManager step, Batch batch, boolean training) {
    NDArray images =
        step.create(batch.pixels(), new Shape(batch.images(), 3, batch.size(), batch.size()));
    return block.forward(parameters, new NDList(images), training);
  }

  /** Moves the parameters along the gradients that have arrived, and clears these. */
  void update(Optimizer optimizer) {
    for (Pair<String, Parameter> parameter : block.getParameters()) {
      NDArray value = parameter.getValue().getArray();
      if (parameter.getValue().requiresGradient()) {
        try (NDArray gradient = value.getGradient()) {
          optimizer.update(parameter.getKey(), value, gradient);
        }
        JniUtils.zeroGrad((PtNDArray) value);
      }
    }
  }

  /** How many numbers are trained. */
  long size() {
    return block.getParameters().values().stream()
        .filter(Parameter::requiresGradient)
        .mapToLong(p -> p.getArray().size())
        .sum();
  }

  @Override
  public void close() {
    block.getParameters().values().forEach(Parameter::close);
    manager.close();
  }
}
