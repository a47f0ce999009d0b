package dev.yololoss.trainer.train;

import dev.yololoss.Backend;
import dev.yololoss.trainer.optimize.OptimizerOptions;
import dev.yololoss.trainer.optimize.ScheduleOptions;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What to train and how.
 *
 * @param data folder of the data set; empty for generated shapes
 * @param loss which loss
 * @param epochs at least 1
 * @param backend where the loss is computed
 * @param optimizer how parameters move
 * @param schedule how fast
 * @param evaluateEvery so many epochs, and after the last; ten times a run if empty
 * @param splitSeed of the generated shapes, and of the split of a folder that has none of its own
 * @param seed of the anchors, the parameters, the order, the augmentation and the input sizes
 * @param out folder for what the run leaves behind; made if it is not there
 */
public record TrainingOptions(
    Optional<Path> data,
    LossChoice loss,
    NetworkOptions network,
    int epochs,
    InputOptions input,
    Backend backend,
    OptimizerOptions optimizer,
    ScheduleOptions schedule,
    OptionalInt evaluateEvery,
    long splitSeed,
    long seed,
    Path out) {
  /** The same run of another loss. */
  public TrainingOptions with(LossChoice other) {
    return new TrainingOptions(
        data,
        other,
        network,
        epochs,
        input,
        backend,
        optimizer,
        schedule,
        evaluateEvery,
        splitSeed,
        seed,
        out);
  }

  /** The same run with another network. */
  public TrainingOptions with(NetworkOptions other) {
    return new TrainingOptions(
        data,
        loss,
        other,
        epochs,
        input,
        backend,
        optimizer,
        schedule,
        evaluateEvery,
        splitSeed,
        seed,
        out);
  }

  /** The same run with another optimiser and learning rate. */
  public TrainingOptions with(OptimizerOptions moving, ScheduleOptions rates) {
    return new TrainingOptions(
        data,
        loss,
        network,
        epochs,
        input,
        backend,
        moving,
        rates,
        evaluateEvery,
        splitSeed,
        seed,
        out);
  }

  /** The same run with the loss computed elsewhere. */
  public TrainingOptions with(Backend other) {
    return new TrainingOptions(
        data,
        loss,
        network,
        epochs,
        input,
        other,
        optimizer,
        schedule,
        evaluateEvery,
        splitSeed,
        seed,
        out);
  }

  /** The same run, of another length, drawn from another seed, left in another folder. */
  public TrainingOptions with(int length, long otherSeed, Path folder) {
    return new TrainingOptions(
        data,
        loss,
        network,
        length,
        input,
        backend,
        optimizer,
        schedule,
        evaluateEvery,
        splitSeed,
        otherSeed,
        folder);
  }
}
