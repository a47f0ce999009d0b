package dev.yololoss.trainer.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.initializer.XavierInitializer;
import ai.djl.util.PairList;
import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.LossSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * A small detector: stages that each halve the picture, and a head at each stride of the loss.
 *
 * <p>With stride 16 as the largest the stages are 16-32-64-64-128-128-128 channels of 3x3
 * convolution, batch norm and leaky ReLU. A head at a smaller stride also sees the next larger
 * one's features, enlarged.
 *
 * <p>{@code [images, 3, size, size]} becomes one {@code [images, anchors * (5 + classes), size /
 * stride, size / stride]} per head, in the order of the loss.
 */
final class DetectorBlock extends AbstractBlock {
  private static final int[][] CHANNELS = {
    {16}, {32}, {64, 64}, {128, 128, 128}, {128, 128}, {128, 128}
  };
  private static final float SLOPE = 0.1f;
  private static final int NEAREST = 0;

  /** The heads of one stride; {@code join} is there for all but the largest. */
  private record Level(int stage, Optional<Block> join, List<Output> outputs) {}

  /** A head, by its place in the loss. */
  private record Output(int layer, Block block) {}

  private final List<Block> stages = new ArrayList<>();
  private final List<Level> deepestFirst = new ArrayList<>();
  private final int heads;
  private final boolean probabilities;

  /**
   * @param size side of the pictures that are trained on, in pixels: tells how rare objects are
   */
  DetectorBlock(LossSpec spec, int size) {
    List<Head> strides = spec.heads().heads();
    heads = strides.size();
    probabilities = spec.decoding() == BoxDecoding.DARKNET_NEW_COORDS;
    int deepest = strides.stream().mapToInt(h -> stageOf(h.stride())).max().orElseThrow();
    for (int stage = 0; stage <= deepest; stage++) {
      stages.add(addChildBlock("stage" + stage, stage(CHANNELS[stage])));
    }
    for (int stage = deepest; stage >= 0; stage--) {
      addLevel(stage, spec, size);
    }
  }

  private static int stageOf(int stride) {
    if (!NetworkOptions.allowsStride(stride)) {
      throw new TrainingException(
          "a head has stride " + stride + "; the network has 2, 4, 8, 16, 32 and 64");
    }
    return Integer.numberOfTrailingZeros(stride) - 1;
  }

  private void addLevel(int stage, LossSpec spec, int size) {
    List<Output> outputs = new ArrayList<>();
    for (int layer = 0; layer < heads; layer++) {
      Head head = spec.heads().heads().get(layer);
      if (stageOf(head.stride()) == stage) {
        Block block = output(new FewObjects(head, spec.attributes(), size));
        outputs.add(new Output(layer, addChildBlock("head" + layer, block)));
      }
    }
    if (!outputs.isEmpty()) {
      Optional<Block> join =
          deepestFirst.isEmpty()
              ? Optional.empty()
              : Optional.of(addChildBlock("join" + stage, convolution(width(stage), 1)));
      deepestFirst.add(new Level(stage, join, outputs));
    }
  }

  private static int width(int stage) {
    return CHANNELS[stage][CHANNELS[stage].length - 1];
  }

  private static Block output(FewObjects biases) {
    Conv2d output =
        Conv2d.builder().setKernelShape(new Shape(1, 1)).setFilters(biases.size()).build();
    // Small, so that at first the biases alone speak.
    output.setInitializer(new NormalInitializer(0.01f), Parameter.Type.WEIGHT);
    output.setInitializer(biases, Parameter.Type.BIAS);
    return output;
  }

  private static SequentialBlock stage(int[] channels) {
    SequentialBlock stage = new SequentialBlock();
    for (int i = 0; i < channels.length; i++) {
      stage.add(convolution(channels[i], i == 0 ? 2 : 1));
    }
    return stage;
  }

  private static SequentialBlock convolution(int channels, int stride) {
    Conv2d convolution =
        Conv2d.builder()
            .setKernelShape(new Shape(3, 3))
            .optStride(new Shape(stride, stride))
            .optPadding(new Shape(1, 1))
            .setFilters(channels)
            .optBias(false)
            .build();
    convolution.setInitializer(
        new XavierInitializer(
            XavierInitializer.RandomType.GAUSSIAN, XavierInitializer.FactorType.IN, 2),
        Parameter.Type.WEIGHT);
    return new SequentialBlock()
        .add(convolution)
        .add(BatchNorm.builder().build())
        .add(Activation.leakyReluBlock(SLOPE));
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      PairList<String, Object> options) {
    List<NDArray> features = new ArrayList<>();
    NDList last = inputs;
    for (Block stage : stages) {
      last = stage.forward(parameters, last, training);
      features.add(last.head());
    }
    NDArray[] outputs = new NDArray[heads];
    NDArray context = last.head();
    for (Level level : deepestFirst) {
      NDArray here = features.get(level.stage);
      if (level.join.isPresent()) {
        NDArray both = here.concat(enlarged(context, here.getShape()), 1);
        here = level.join.get().forward(parameters, new NDList(both), training).head();
      }
      for (Output output : level.outputs) {
        NDArray raw = output.block.forward(parameters, new NDList(here), training).head();
        outputs[output.layer] = probabilities ? Activation.sigmoid(raw) : raw;
      }
      context = here;
    }
    return new NDList(outputs);
  }

  private static NDArray enlarged(NDArray features, Shape like) {
    long[] size = {like.get(2), like.get(3)};
    return features.getNDArrayInternal().interpolation(size, NEAREST, false);
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
    walk(inputs[0], (block, shape) -> block.initialize(manager, type, shape));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    return walk(inputs[0], (block, shape) -> {});
  }

  /** Visits every block with the shape of its input; the shapes of the heads. */
  private Shape[] walk(Shape input, BiConsumer<Block, Shape> visit) {
    List<Shape> features = new ArrayList<>();
    Shape last = input;
    for (Block stage : stages) {
      last = through(stage, last, visit);
      features.add(last);
    }
    Shape[] outputs = new Shape[heads];
    Shape context = last;
    for (Level level : deepestFirst) {
      Shape here = features.get(level.stage);
      if (level.join.isPresent()) {
        Shape both = new Shape(here.get(0), here.get(1) + context.get(1), here.get(2), here.get(3));
        here = through(level.join.get(), both, visit);
      }
      for (Output output : level.outputs) {
        outputs[output.layer] = through(output.block, here, visit);
      }
      context = here;
    }
    return outputs;
  }

  private static Shape through(Block block, Shape input, BiConsumer<Block, Shape> visit) {
    visit.accept(block, input);
    return block.getOutputShapes(new Shape[] {input})[0];
  }
}
