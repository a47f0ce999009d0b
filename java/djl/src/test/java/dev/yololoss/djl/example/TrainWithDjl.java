package dev.yololoss.djl.example;

import static ai.djl.training.listener.TrainingListener.Defaults.logging;

import ai.djl.Model;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Dataset;
import ai.djl.translate.TranslateException;
import dev.yololoss.Backend;
import dev.yololoss.djl.YoloLoss;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.io.IOException;

/** Trains a small detector in an ordinary DJL loop. */
public class TrainWithDjl {
  public static void main(String[] args) throws IOException, TranslateException {
    Heads heads = Heads.builder().head(8, 12, 12, 22, 22).build();
    LossSpec spec = LossSpec.builder(Preset.YOLOV5).classes(2).heads(heads).build();
    train(spec, network(2 * spec.attributes()), Squares.of(64, 8));
  }

  static void train(LossSpec spec, Block network, Dataset pictures)
      throws IOException, TranslateException {
    try (Model model = Model.newInstance("detector");
        YoloLoss loss = YoloLoss.of(spec, Backend.AUTO)) {
      model.setBlock(network);
      TrainingConfig config = new DefaultTrainingConfig(loss).addTrainingListeners(logging());
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.setMetrics(new Metrics());
        trainer.initialize(new Shape(1, 3, 64, 64));
        EasyTrain.fit(trainer, 8, pictures, null);
        System.out.println(loss.result().parts() + " in the last batch");
      }
    }
  }

  /** Three halvings of the picture, then a head of stride 8. */
  static Block network(int channels) {
    return new SequentialBlock()
        .add(halving(8))
        .add(leaky())
        .add(halving(16))
        .add(leaky())
        .add(halving(32))
        .add(leaky())
        .add(Conv2d.builder().setKernelShape(new Shape(1, 1)).setFilters(channels).build());
  }

  public static Block halving(int filters) {
    return Conv2d.builder()
        .setKernelShape(new Shape(3, 3))
        .optStride(new Shape(2, 2))
        .optPadding(new Shape(1, 1))
        .setFilters(filters)
        .build();
  }

  public static Block leaky() {
    return Activation.leakyReluBlock(0.1f);
  }
}
