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
import dev.yololoss.trainer.checkpoint.CheckpointException;
import dev.yololoss.trainer.checkpoint.StoredArray;
import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.optimize.ParameterMemory;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/** The network with its parameters, which it owns. */
final class Detector implements AutoCloseable {
  private final NDManager manager;
  private final DetectorBlock block;
  private final HeadType type;
  private final ParameterStore parameters;

  private Detector(NDManager manager, DetectorBlock block, HeadType type) {
    this.type = type;
    this.manager = manager;
    this.block = block;
    this.parameters = new ParameterStore(manager, false);
  }

  /**
   * A network with random parameters.
   *
   * @param size side of its input in pixels
   */
  static Detector initialised(LossSpec spec, HeadType type, int size, long seed) {
    NDManager manager = NDManager.newBaseManager(PyTorch.NAME);
    JniUtils.setSeed(seed);
    DetectorBlock block = new DetectorBlock(spec, size);
    block.initialize(manager, DataType.FLOAT32, new Shape(1, 3, size, size));
    return new Detector(manager, block, type);
  }

  NDManager newStep() {
    return manager.newSubManager();
  }

  HeadType headType() {
    return type;
  }

  /**
   * The heads, rounded to their type.
   *
   * @param step owns everything that is computed
   */
  NDList predict(NDManager step, Batch batch) {
    NDList heads = forward(step, batch, false);
    return type == HeadType.F16 ? HalfHeads.rounded(heads) : heads;
  }

  /** The heads as they are computed, with a graph; batch norm takes the batch's statistics. */
  NDList forTraining(NDManager step, Batch batch) {
    return forward(step, batch, true);
  }

  private NDList forward(NDManager step, Batch batch, boolean training) {
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

  /** Every array of the network, those that are not trained too; copies. */
  SortedMap<String, StoredArray> arrays() {
    SortedMap<String, StoredArray> arrays = new TreeMap<>();
    for (Pair<String, Parameter> parameter : block.getParameters()) {
      NDArray array = parameter.getValue().getArray();
      float[] values = new float[Math.toIntExact(array.size())];
      ParameterMemory.of(parameter.getKey(), array).get(values);
      arrays.put(parameter.getKey(), new StoredArray(array.getShape().getShape(), values));
    }
    return arrays;
  }

  /**
   * Takes the values of another network of the same shape.
   *
   * @throws CheckpointException if it is of another shape
   */
  void load(SortedMap<String, StoredArray> arrays) {
    SortedMap<String, StoredArray> mine = arrays();
    if (!mine.keySet().equals(arrays.keySet())) {
      throw new CheckpointException("the checkpoint is of another network: " + arrays.keySet());
    }
    for (Pair<String, Parameter> parameter : block.getParameters()) {
      StoredArray stored = arrays.get(parameter.getKey());
      if (!Arrays.equals(stored.shape(), mine.get(parameter.getKey()).shape())) {
        throw new CheckpointException(
            "the checkpoint is of another network: %s is %s; must be %s"
                .formatted(parameter.getKey(), stored, mine.get(parameter.getKey())));
      }
      NDArray array = parameter.getValue().getArray();
      ParameterMemory.of(parameter.getKey(), array).put(stored.values());
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
