package dev.yololoss.trainer.optimize;

import java.util.List;
import java.util.OptionalInt;

/**
 * A learning rate over a run, whatever the run's length.
 *
 * @param kind the shape of the curve
 * @param peak the highest rate; greater than 0
 * @param warmUp steps in which the rate rises; 0 for none; if empty a tenth of the run and at most
 *     300, and 4000 for POWER
 * @param dropEpochs of STEP: the epochs after which the rate drops; if empty after 60 and 80 % of
 *     the run
 * @param dropFactor of STEP: what the rate is then multiplied by, 0 to 1
 * @param first of POWER: the rate it begins and ends near, 0 to 1
 * @param exponent of POWER: how fast it falls, 0 to 10
 */
public record ScheduleOptions(
    ScheduleKind kind,
    double peak,
    OptionalInt warmUp,
    List<Integer> dropEpochs,
    double dropFactor,
    double first,
    double exponent) {
  /** The drop factor where none is named. */
  public static final double USUAL_DROP = 0.1;

  /** The first rate where none is named. */
  public static final double USUAL_FIRST = 0;

  /** The exponent where none is named. */
  public static final double USUAL_EXPONENT = 1;

  private static final int USUAL_POWER_WARM_UP = 4000;
  private static final double WARM_UP_SHARE = 0.1;
  private static final int MOST_WARM_UP_STEPS = 300;
  private static final List<Double> DROP_SHARES = List.of(0.6, 0.8);

  public ScheduleOptions {
    dropEpochs = List.copyOf(dropEpochs);
  }

  /**
   * With the usual numbers.
   *
   * @param peak the highest rate; greater than 0
   */
  public static ScheduleOptions of(ScheduleKind kind, double peak) {
    return new ScheduleOptions(
        kind, peak, OptionalInt.empty(), List.of(), USUAL_DROP, USUAL_FIRST, USUAL_EXPONENT);
  }

  /**
   * The same with another warm-up.
   *
   * @param steps 0 for none
   */
  public ScheduleOptions withWarmUp(int steps) {
    return new ScheduleOptions(
        kind, peak, OptionalInt.of(steps), dropEpochs, dropFactor, first, exponent);
  }

  /**
   * The rates of a run.
   *
   * @param epochs of the run, at least 1
   * @param stepsPerEpoch at least 1
   */
  public Schedule over(int epochs, int stepsPerEpoch) {
    long steps = (long) epochs * stepsPerEpoch;
    double rise = warmUp.isPresent() ? warmUp.getAsInt() : usualWarmUp(steps);
    return switch (kind) {
      case COSINE -> new WarmUp(rise, new CosineRate(peak, rise, steps));
      case CONSTANT -> new WarmUp(rise, _ -> peak);
      case STEP -> new WarmUp(rise, new StepRate(peak, drops(epochs, stepsPerEpoch), dropFactor));
      case POWER -> new PowerRate(first, peak, exponent, warmUp.orElse(USUAL_POWER_WARM_UP));
    };
  }

  private static double usualWarmUp(long steps) {
    return Math.max(1, Math.min(MOST_WARM_UP_STEPS, WARM_UP_SHARE * steps));
  }

  private List<Long> drops(int epochs, int stepsPerEpoch) {
    List<Integer> after =
        dropEpochs.isEmpty()
            ? DROP_SHARES.stream().map(share -> (int) Math.round(share * epochs)).toList()
            : dropEpochs;
    return after.stream().map(epoch -> (long) epoch * stepsPerEpoch).toList();
  }
}
