package dev.yololoss.trainer.compare;

import dev.yololoss.trainer.train.TrainingOptions;
import java.nio.file.Path;

/**
 * One run of a comparison.
 *
 * @param rate the highest learning rate
 * @param seed of everything but the split
 */
record PlannedRun(Contender contender, Stage stage, double rate, long seed, int epochs) {
  /** What a run is for. */
  enum Stage {
    /** To find the learning rate. */
    RATE,
    /** To be compared. */
    FINAL
  }

  /** The name of its files. */
  String id() {
    return switch (stage) {
      case RATE -> contender.name() + "-rate-" + rate;
      case FINAL -> contender.name() + "-seed-" + seed;
    };
  }

  /** Whether its pictures are in the report. */
  boolean isShown() {
    return stage == Stage.FINAL && seed == Plan.FIRST_SEED;
  }

  String inWords() {
    return switch (stage) {
      case RATE -> contender.name() + ", learning rate " + rate + " tried";
      case FINAL -> contender.name() + ", seed " + seed;
    };
  }

  TrainingOptions options(TrainingOptions base, Path folder) {
    return contender.variation().of(base, rate).with(contender.loss()).with(epochs, seed, folder);
  }
}
