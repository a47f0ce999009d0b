package dev.yololoss.trainer;

import dev.yololoss.Backend;
import dev.yololoss.trainer.optimize.OptimizerKind;
import dev.yololoss.trainer.optimize.OptimizerOptions;
import dev.yololoss.trainer.optimize.ScheduleKind;
import dev.yololoss.trainer.optimize.ScheduleOptions;
import dev.yololoss.trainer.train.HeadType;
import dev.yololoss.trainer.train.InputOptions;
import dev.yololoss.trainer.train.NetworkOptions;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What {@code train} and {@code compare} can be asked alike. */
final class TrainingArguments {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--strides",
      paramLabel = "PX",
      split = ",",
      defaultValue = "16",
      description = "strides of the network's heads, of 2, 4, 8, 16, 32, 64; for example 8,16,32")
  private List<Integer> strides;

  @Option(
      names = "--size",
      paramLabel = "PX",
      defaultValue = "256",
      description = "side of the network's input, a multiple of the largest stride")
  private int size;

  @Option(
      names = "--multi-scale",
      paramLabel = "FROM:TO:STEP",
      converter = SizeRange.Converter.class,
      description = "sides of which each training batch draws one; for example 192:320:32")
  private SizeRange trainingSizes;

  @Option(names = "--batch", paramLabel = "N", defaultValue = "8", description = "images per step")
  private int batch;

  @Option(
      names = "--backend",
      defaultValue = "auto",
      description = "where the loss is computed: reference, native, cuda, auto")
  private Backend backend;

  @Option(
      names = "--head-type",
      defaultValue = "f32",
      description = "what the network's outputs are rounded to: f32, f16")
  private HeadType headType;

  @Option(names = "--optimizer", defaultValue = "adam", description = "adam, sgd")
  private OptimizerKind optimizer;

  @Option(names = "--momentum", paramLabel = "X", description = "of sgd (default: 0.9)")
  private Double momentum;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      defaultValue = "0",
      description = "times the parameters is added to their gradients")
  private double weightDecay;

  @Option(
      names = "--schedule",
      defaultValue = "cosine",
      description =
          "of the learning rate: cosine, constant, step, power (as YOLOv3 from scratch has it)")
  private ScheduleKind schedule;

  @Option(
      names = "--warm-up",
      paramLabel = "STEPS",
      description =
          "in which the learning rate rises, 0 for none (default: a tenth of the run and at most"
              + " 300; power 4000)")
  private Integer warmUp;

  @Option(
      names = "--drop-epochs",
      paramLabel = "N",
      split = ",",
      description = "of --schedule step: when the rate drops (default: after 60 and 80 %%)")
  private List<Integer> dropEpochs;

  @Option(
      names = "--drop-factor",
      paramLabel = "X",
      description = "of --schedule step: what the rate is multiplied by (default: 0.1)")
  private Double dropFactor;

  @Option(
      names = "--first-rate",
      paramLabel = "X",
      description = "of --schedule power: the rate it begins and ends near (default: 0)")
  private Double firstRate;

  @Option(
      names = "--rate-exponent",
      paramLabel = "X",
      description = "of --schedule power: how fast it falls (default: 1)")
  private Double rateExponent;

  @Option(
      names = "--evaluate-every",
      paramLabel = "N",
      description = "epochs, and after the last (default: ten times a run)")
  private Integer evaluateEvery;

  Backend backend() {
    return backend;
  }

  NetworkOptions network() {
    for (int stride : strides) {
      if (!NetworkOptions.allowsStride(stride)) {
        throw bad("--strides", stride, "allowed are 2, 4, 8, 16, 32, 64");
      }
    }
    if (strides.stream().distinct().count() != strides.size()) {
      throw bad("--strides", strides, "each may be named once");
    }
    return new NetworkOptions(strides, headType);
  }

  InputOptions input() {
    int largest = network().strides().stream().mapToInt(s -> s).max().orElseThrow();
    requireMultiple("--size", size, largest);
    InputOptions input = inputOfAnyStride();
    input.trainingSizes().forEach(side -> requireMultiple("--multi-scale", side, largest));
    return input;
  }

  /** For a network whose strides are not known yet. */
  InputOptions inputOfAnyStride() {
    requireAtLeastOne("--batch", batch);
    requireAtLeastOne("--size", size);
    List<Integer> sides = trainingSizes == null ? List.of(size) : trainingSizes.sizes();
    return new InputOptions(size, sides, batch);
  }

  private void requireMultiple(String option, int value, int largest) {
    if (value < largest || value % largest != 0) {
      throw bad(option, value, "must be a multiple of the largest stride, " + largest);
    }
  }

  OptimizerOptions optimizer() {
    if (momentum != null && optimizer != OptimizerKind.SGD) {
      throw new ParameterException(
          command.commandLine(), "--momentum belongs to --optimizer sgd; this is adam");
    }
    double kept = momentum == null ? OptimizerOptions.USUAL_MOMENTUM : momentum;
    if (!(kept >= 0 && kept < 1)) {
      throw bad("--momentum", kept, "must be 0 to below 1");
    }
    if (!(weightDecay >= 0 && weightDecay <= 1)) {
      throw bad("--weight-decay", weightDecay, "must be 0 to 1");
    }
    return new OptimizerOptions(optimizer, kept, weightDecay);
  }

  /**
   * @param peak the learning rate; null for the optimiser's own
   */
  ScheduleOptions schedule(Double peak) {
    double rate = peak == null ? optimizer.learningRate() : peak;
    requireRate("--learning-rate", rate);
    requireSchedule(ScheduleKind.STEP, "--drop-epochs", dropEpochs);
    requireSchedule(ScheduleKind.STEP, "--drop-factor", dropFactor);
    requireSchedule(ScheduleKind.POWER, "--first-rate", firstRate);
    requireSchedule(ScheduleKind.POWER, "--rate-exponent", rateExponent);
    List<Integer> drops = dropEpochs == null ? List.of() : dropEpochs;
    drops.forEach(epoch -> requireAtLeastOne("--drop-epochs", epoch));
    return new ScheduleOptions(
        schedule,
        rate,
        warmUp(),
        drops,
        inRange("--drop-factor", dropFactor, ScheduleOptions.USUAL_DROP, 1),
        inRange("--first-rate", firstRate, ScheduleOptions.USUAL_FIRST, 1),
        inRange("--rate-exponent", rateExponent, ScheduleOptions.USUAL_EXPONENT, 10));
  }

  void requireRate(String option, double rate) {
    if (!(rate > 0 && rate <= 1)) {
      throw bad(option, rate, "must be greater than 0 and at most 1");
    }
  }

  private OptionalInt warmUp() {
    int least = schedule == ScheduleKind.POWER ? 1 : 0;
    if (warmUp != null && warmUp < least) {
      throw bad("--warm-up", warmUp, "must be at least " + least);
    }
    return warmUp == null ? OptionalInt.empty() : OptionalInt.of(warmUp);
  }

  private void requireSchedule(ScheduleKind needed, String option, Object value) {
    if (value != null && schedule != needed) {
      throw new ParameterException(
          command.commandLine(),
          "%s belongs to --schedule %s; this is %s"
              .formatted(option, lower(needed), lower(schedule)));
    }
  }

  private static String lower(ScheduleKind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private double inRange(String option, Double value, double usual, double most) {
    if (value != null && !(value >= 0 && value <= most)) {
      throw bad(option, value, "must be 0 to " + most);
    }
    return value == null ? usual : value;
  }

  OptionalInt evaluateEvery() {
    if (evaluateEvery == null) {
      return OptionalInt.empty();
    }
    requireAtLeastOne("--evaluate-every", evaluateEvery);
    return OptionalInt.of(evaluateEvery);
  }

  void requireAtLeastOne(String option, int value) {
    if (value < 1) {
      throw bad(option, value, "must be at least 1");
    }
  }

  /**
   * @throws ParameterException if the command line has another option beside the ones named
   */
  void requireNothingBeside(String... allowed) {
    command.commandLine().getParseResult().matchedOptions().stream()
        .map(option -> option.longestName())
        .filter(name -> Stream.of(allowed).noneMatch(name::equals))
        .findFirst()
        .ifPresent(
            name -> {
              throw new ParameterException(
                  command.commandLine(),
                  "%s goes on as the run began; take %s away".formatted(allowed[0], name));
            });
  }

  ParameterException bad(String option, Object value, String allowed) {
    return new ParameterException(command.commandLine(), option + " is " + value + "; " + allowed);
  }
}
