package dev.yololoss.trainer.train;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import dev.yololoss.LossResult;
import dev.yololoss.Targets;
import dev.yololoss.djl.LossStep;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.data.LabelledBox;
import dev.yololoss.trainer.optimize.StoredOptimizer;

/** One step of training: forward, loss, backward, update. */
record TrainStep(Detector detector, LossStep loss, StoredOptimizer optimizer) {
  /**
   * What a step came to.
   *
   * @param result valid until the next step
   * @param lossSeconds the part of {@code seconds} spent in the loss and its gradients
   */
  record Outcome(LossResult result, double seconds, double lossSeconds) {}

  Outcome run(Batch batch) {
    long start = System.nanoTime();
    try (NDManager step = detector.newStep()) {
      Timed timed = gradients(step, batch);
      detector.update(optimizer);
      return new Outcome(timed.result, seconds(System.nanoTime() - start), seconds(timed.nanos));
    }
  }

  private record Timed(LossResult result, long nanos) {}

  private Timed gradients(NDManager step, Batch batch) {
    GradientCollector collector = Engine.getEngine(PyTorch.NAME).newGradientCollector();
    try {
      NDList network = detector.forTraining(step, batch);
      boolean half = detector.headType() == HeadType.F16;
      NDList heads = half ? HalfHeads.roundedLeaves(network) : network;
      Targets targets = targets(batch);
      long before = System.nanoTime();
      LossResult result = loss.compute(heads, targets, scale(loss.spec(), batch.images()));
      long after = System.nanoTime();
      loss.propagate(heads);
      if (half) {
        HalfHeads.propagate(heads, network);
      }
      return new Timed(result, after - before);
    } finally {
      collector.close();
    }
  }

  /** The losses that are not a mean over the images become one, so that a short batch fits in. */
  private static double scale(LossSpec spec, int images) {
    return switch (spec.reduction().kind()) {
      case SUM, LAYER_MEANS_TIMES_BATCH -> 1.0 / images;
      case SUM_OVER_BATCH, HALVED_SUM_OVER_BATCH, RUNNING_LAYER_MEANS -> 1;
    };
  }

  static Targets targets(Batch batch) {
    Targets.Builder targets = Targets.builder();
    for (int image = 0; image < batch.images(); image++) {
      for (LabelledBox box : batch.boxes().get(image)) {
        if (!box.ignored()) {
          targets.add(
              image, box.category(), box.centreX(), box.centreY(), box.width(), box.height());
        }
      }
    }
    return targets.build();
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }
}
