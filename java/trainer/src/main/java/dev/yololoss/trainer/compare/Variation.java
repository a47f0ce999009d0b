package dev.yololoss.trainer.compare;

import dev.yololoss.trainer.optimize.OptimizerKind;
import dev.yololoss.trainer.optimize.OptimizerOptions;
import dev.yololoss.trainer.optimize.ScheduleKind;
import dev.yololoss.trainer.optimize.ScheduleOptions;
import dev.yololoss.trainer.train.HeadType;
import dev.yololoss.trainer.train.NetworkOptions;
import dev.yololoss.trainer.train.TrainingOptions;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * How a contender is trained otherwise than the rest; what is empty is as for all.
 *
 * @param learningRate if it is given no other is tried
 */
record Variation(
    Optional<HeadType> headType,
    Optional<OptimizerKind> optimizer,
    Optional<ScheduleKind> schedule,
    OptionalDouble learningRate,
    OptionalInt warmUp) {
  TrainingOptions of(TrainingOptions base, double rate) {
    ScheduleOptions usual = base.schedule();
    ScheduleOptions rates =
        new ScheduleOptions(
            schedule.orElse(usual.kind()),
            rate,
            warmUp.isPresent() ? warmUp : usual.warmUp(),
            usual.dropEpochs(),
            usual.dropFactor(),
            usual.first(),
            usual.exponent());
    OptimizerOptions moving =
        new OptimizerOptions(
            optimizer.orElse(base.optimizer().kind()),
            base.optimizer().momentum(),
            base.optimizer().weightDecay());
    NetworkOptions network = base.network().with(headType.orElse(base.network().headType()));
    return base.with(network).with(moving, rates);
  }
}
