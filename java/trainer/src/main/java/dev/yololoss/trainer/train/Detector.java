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
import dev.yololoss.spec.LossSpec;
import dev.yololoss.trainer.data.Batch;

/** The network with its parameters, which it owns. */
final class Detector implements AutoCloseable {
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
    DetectorBlock block = new DetectorBlock(spec, size);
    block.initialize(manager, DataType.FLOAT32, new Shape(1, 3, size, size));
    return new Detector(manager, block);
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
