package dev.yololoss.djl;

import static ai.djl.training.listener.EvaluatorTrainingListener.TRAIN_ALL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.yololoss.Backend;
import dev.yololoss.LossState;
import dev.yololoss.djl.example.Squares;
import dev.yololoss.djl.example.TrainWithDjl;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The same network on the same batches, trained by DJL's own loop. */
class SameTrainingTest {
  private static final int SEED = 7;
  private static final int EPOCHS = 10;
  private static final int BATCHES = 5;

  /** Float noise of 50 steps, relative to the largest number of an array; measured: 6e-6. */
  private static final double NOISE = 1e-4;

  private static final LossSpec SPEC = spec().build();
  private static final LossSpec AUTOBALANCED = spec().option("reduction.autobalance", true).build();

  /** Losses of all batches, and all weights in the end. */
  private record Run(float[] losses, List<float[]> weights) {}

  @Test
  void trainsLikeAutogradOverTensorOperations() throws Exception {
    Run autograd;
    try (AutogradYolov5Loss loss = new AutogradYolov5Loss(SPEC)) {
      autograd = train(loss);
    }
    Run ours;
    try (YoloLoss loss = YoloLoss.of(SPEC, Backend.AUTO)) {
      ours = train(loss);
    }
    assertThat(ours.losses).hasSize(EPOCHS * BATCHES);
    assertThat(ours.losses[EPOCHS * BATCHES - 1]).isLessThan(ours.losses[0] / 2);
    assertSame(ours, autograd);

    LossSpec other = spec().option("box.weight", 0.0501).build();
    try (YoloLoss loss = YoloLoss.of(other, Backend.AUTO)) {
      Run different = train(loss);
      assertThatThrownBy(() -> assertSame(different, autograd)).isInstanceOf(AssertionError.class);
    }
  }

  @Test
  void listenersAndValidationDoNotAdvanceTheState() throws Exception {
    LossState alone = stateAfter(null);
    LossState watched =
        stateAfter(
            Squares.of(8, 4), new EvaluatorTrainingListener(), new EvaluatorTrainingListener());
    assertThat(watched).isEqualTo(alone);
    try (YoloLoss fresh = YoloLoss.of(AUTOBALANCED, Backend.AUTO)) {
      assertThat(alone).isNotEqualTo(fresh.state());
    }
  }

  private static LossState stateAfter(Dataset validation, TrainingListener... listeners)
      throws Exception {
    try (Model model = Model.newInstance("detector", "PyTorch");
        YoloLoss loss = YoloLoss.of(AUTOBALANCED, Backend.AUTO)) {
      model.setBlock(network());
      Engine.getEngine("PyTorch").setRandomSeed(SEED);
      try (Trainer trainer = model.newTrainer(config(loss).addTrainingListeners(listeners))) {
        trainer.initialize(new Shape(1, 3, 64, 64));
        EasyTrain.fit(trainer, 2, Squares.of(8, 4), validation);
        return loss.state();
      }
    }
  }

  private static Run train(Loss loss) throws Exception {
    List<Float> losses = new ArrayList<>();
    TrainingListener recorder =
        new TrainingListenerAdapter() {
          @Override
          public void onTrainingBatch(Trainer trainer, BatchData batch) {
            losses.add(trainer.getLoss().getAccumulator(TRAIN_ALL));
          }
        };
    try (Model model = Model.newInstance("detector", "PyTorch")) {
      Block network = network();
      model.setBlock(network);
      Engine.getEngine("PyTorch").setRandomSeed(SEED);
      DefaultTrainingConfig config =
          config(loss).addTrainingListeners(new EvaluatorTrainingListener(), recorder);
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(1, 3, 64, 64));
        EasyTrain.fit(trainer, EPOCHS, Squares.of(8 * BATCHES, 8), null);
      }
      float[] all = new float[losses.size()];
      for (int i = 0; i < all.length; i++) {
        all[i] = losses.get(i);
      }
      return new Run(
          all,
          network.getParameters().values().stream()
              .map(parameter -> parameter.getArray().toFloatArray())
              .toList());
    }
  }

  private static DefaultTrainingConfig config(Loss loss) {
    return new DefaultTrainingConfig(loss)
        .optOptimizer(
            Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.01f)).optMomentum(0.9f).build());
  }

  private static void assertSame(Run a, Run b) {
    Close.assertClose(a.losses, b.losses, NOISE);
    assertThat(a.weights).hasSameSizeAs(b.weights);
    for (int i = 0; i < a.weights.size(); i++) {
      Close.assertClose(a.weights.get(i), b.weights.get(i), NOISE);
    }
  }

  /** One trunk for two heads, of strides 8 and 16. */
  private static Block network() {
    SequentialBlock trunk = new SequentialBlock();
    for (int filters : new int[] {8, 16, 24}) {
      trunk.add(TrainWithDjl.halving(filters)).add(TrainWithDjl.leaky());
    }
    SequentialBlock coarse =
        new SequentialBlock()
            .add(TrainWithDjl.halving(24))
            .add(TrainWithDjl.leaky())
            .add(head(SPEC.attributes()));
    return trunk.add(
        new ParallelBlock(
            heads -> new NDList(heads.get(0).head(), heads.get(1).head()),
            List.of(head(2 * SPEC.attributes()), coarse)));
  }

  private static Block head(int channels) {
    return Conv2d.builder().setKernelShape(new Shape(1, 1)).setFilters(channels).build();
  }

  private static LossSpec.Builder spec() {
    return LossSpec.builder(Preset.YOLOV5)
        .classes(2)
        .heads(Heads.builder().head(8, 12, 12, 20, 24).head(16, 26, 26).build());
  }
}
