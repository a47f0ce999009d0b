package dev.yololoss.trainer;

import dev.yololoss.spec.Preset;
import dev.yololoss.spec.SpecException;
import dev.yololoss.trainer.help.HelpOption;
import dev.yololoss.trainer.report.TrainingProgress;
import dev.yololoss.trainer.train.LossChoice;
import dev.yololoss.trainer.train.NetworkOptions;
import dev.yololoss.trainer.train.TrainingOptions;
import dev.yololoss.trainer.train.TrainingRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code train}: trains a small detector with one of the losses. */
@Command(
    name = "train",
    description = "Trains a small detector, on generated shapes if no data is named.",
    showDefaultValues = true,
    sortOptions = false)
final class TrainCommand implements Callable<Integer> {
  private static final int EPOCHS_ON_SHAPES = 20;
  private static final int EPOCHS_ON_A_FOLDER = 80;

  @Spec private CommandSpec command;

  @Mixin private HelpOption help;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "data set with VOC, COCO or YOLO labels")
  private Path data;

  @ArgGroup private Loss loss = new Loss();

  /** One of the two. */
  private static final class Loss {
    @Option(
        names = "--preset",
        paramLabel = "NAME",
        description = "a loss that \"losses\" lists, with weights for small networks")
    private String preset = "yolov5";

    @Option(
        names = "--spec",
        paramLabel = "FILE",
        description = "a loss as JSON, see \"spec\"; classes and heads may be left out")
    private Path spec;
  }

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "(default: " + EPOCHS_ON_SHAPES + ", with --data " + EPOCHS_ON_A_FOLDER + ")")
  private Integer epochs;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description = "the highest, after the warm-up (default: adam 0.003, sgd 0.01)")
  private Double learningRate;

  @Mixin private TrainingArguments training;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "1")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "new folder for metrics and pictures (default: runs/<time>)")
  private Path out;

  @Option(
      names = "--start-from",
      paramLabel = "RUN",
      description =
          "a run's folder, or one of its checkpoints, whose network and heads are the first ones"
              + " (default: random parameters)")
  private Path start;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "goes on with an interrupted run, as it began")
  private Path resumed;

  @Override
  public Integer call() {
    PrintWriter lines = command.commandLine().getOut();
    if (resumed != null) {
      training.requireNothingBeside("--resume");
      try (TrainingProgress progress = TrainingProgress.onStandardOutput()) {
        TrainingRun.resume(resumed, progress, lines);
      }
      return 0;
    }
    TrainingOptions options = options();
    try (TrainingProgress progress = TrainingProgress.onStandardOutput()) {
      TrainingRun.run(options, progress, lines);
    }
    return 0;
  }

  private TrainingOptions options() {
    training.requireAtLeastOne("--epochs", epochs == null ? 1 : epochs);
    if (data != null && !Files.isDirectory(data)) {
      throw training.bad("--data", data, "must be a folder that is there");
    }
    return new TrainingOptions(
        Optional.ofNullable(data).map(Path::toAbsolutePath),
        lossChoice(),
        network(),
        epochs != null ? epochs : data == null ? EPOCHS_ON_SHAPES : EPOCHS_ON_A_FOLDER,
        start == null ? training.input() : training.inputOfAnyStride(),
        training.backend(),
        training.optimizer(),
        training.schedule(learningRate),
        training.evaluateEvery(),
        seed,
        seed,
        out != null ? out : Path.of("runs", now()));
  }

  private NetworkOptions network() {
    if (start == null) {
      return training.network();
    }
    if (!Files.exists(start)) {
      throw training.bad("--start-from", start, "must be a run's folder or one of its checkpoints");
    }
    if (command.commandLine().getParseResult().hasMatchedOption("--strides")) {
      throw new ParameterException(
          command.commandLine(),
          "--strides belongs to a new network; --start-from takes the run's");
    }
    return training.network().with(start);
  }

  private LossChoice lossChoice() {
    if (loss.spec == null) {
      try {
        return new LossChoice.Named(Preset.of(loss.preset));
      } catch (SpecException e) {
        throw new ParameterException(command.commandLine(), "--preset: " + e.getMessage(), e);
      }
    }
    try {
      return new LossChoice.Described(loss.spec, Files.readString(loss.spec));
    } catch (IOException e) {
      throw training.bad("--spec", loss.spec, "must be a file that can be read (" + e + ")");
    }
  }

  static String now() {
    return LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
  }
}
