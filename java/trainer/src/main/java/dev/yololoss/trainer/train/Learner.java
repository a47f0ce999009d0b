package dev.yololoss.trainer.train;

import dev.yololoss.djl.LossStep;
import dev.yololoss.trainer.checkpoint.Checkpoint;
import dev.yololoss.trainer.checkpoint.CheckpointException;
import dev.yololoss.trainer.optimize.Schedule;
import dev.yololoss.trainer.optimize.StoredOptimizer;
import java.util.HashMap;
import java.util.Map;

/** Everything that changes while a run learns, and how it is stored. */
final class Learner {
  private final TrainingOptions options;
  private final TrainingData data;
  private final Detector detector;
  private final LossStep loss;
  private final Schedule schedule;
  private final StoredOptimizer optimizer;
  private final AssignmentChurn churn;

  /**
   * @param detector stays its owner's, as does the loss
   */
  Learner(TrainingOptions options, TrainingData data, Detector detector, LossStep loss) {
    this.options = options;
    this.data = data;
    this.detector = detector;
    this.loss = loss;
    this.schedule = options.schedule().over(options.epochs(), stepsPerEpoch());
    this.optimizer = options.optimizer().start(schedule);
    this.churn = new AssignmentChurn(data.set().training());
  }

  int stepsPerEpoch() {
    return Math.ceilDiv(data.set().training().size(), options.input().batch());
  }

  TrainStep step() {
    return new TrainStep(detector, loss, optimizer);
  }

  FindObjects finder() {
    return new FindObjects(detector, loss);
  }

  AssignmentChurn churn() {
    return churn;
  }

  double learningRate(long step) {
    return schedule.at(step);
  }

  /** The state after an epoch. */
  Checkpoint checkpoint(int epoch) {
    return new Checkpoint(
        epoch,
        OptionsJson.write(options),
        loss.spec().toJson(),
        data.set().classes(),
        data.set().fingerprint(),
        detector.arrays(),
        Checkpoint.byName(optimizer.state()),
        loss.state(),
        churn.stored());
  }

  /**
   * Goes on from there.
   *
   * @throws dev.yololoss.trainer.checkpoint.CheckpointException if it is of another network or
   *     optimiser
   */
  void restore(Checkpoint checkpoint) {
    detector.load(checkpoint.model());
    Map<String, Integer> sizes = new HashMap<>();
    checkpoint.model().forEach((name, array) -> sizes.put(name, array.values().length));
    try {
      optimizer.restore(checkpoint.optimizer(), sizes);
    } catch (IllegalArgumentException e) {
      throw new CheckpointException("the checkpoint is of another optimiser: " + e.getMessage(), e);
    }
    loss.restore(checkpoint.loss());
    churn.restore(checkpoint.assignments());
  }
}
