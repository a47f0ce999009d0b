package dev.yololoss.trainer;

import dev.yololoss.Backend;
import dev.yololoss.spec.Preset;
import dev.yololoss.spec.SpecException;
import dev.yololoss.trainer.report.TrainingProgress;
import dev.yololoss.trainer.train.LossChoice;
import dev.yololoss.trainer.train.OptimizerKind;
import dev.yololoss.trainer.train.TrainingOptions;
import dev.yololoss.trainer.train.TrainingRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
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
      names = "--strides",
      paramLabel = "PX",
      split = ",",
      defaultValue = "16",
      description = "strides of the network's heads, of 2, 4, 8, 16, 32, 64; for example 8,16,32")
  private List<Integer> strides;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "(default: " + EPOCHS_ON_SHAPES + ", with --data " + EPOCHS_ON_A_FOLDER + ")")
  private Integer epochs;

  @Option(
      names = "--size",
      paramLabel = "PX",
      defaultValue = "256",
      description = "side of the network's input, a multiple of the largest stride")
  private int size;

  @Option(names = "--batch", paramLabel = "N", defaultValue = "8", description = "images per step")
  private int batch;

  @Option(
      names = "--backend",
      defaultValue = "auto",
      description = "where the loss is computed: reference, native, cuda, auto")
  private Backend backend;

  @Option(names = "--optimizer", defaultValue = "adam", description = "adam, sgd")
  private OptimizerKind optimizer;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description = "the highest, after the warm-up (default: adam 0.003, sgd 0.01)")
  private Double learningRate;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "1")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "new folder for metrics and pictures (default: runs/<time>)")
  private Path out;

  @Override
  public Integer call() {
    TrainingOptions options = options();
    PrintWriter lines = command.commandLine().getOut();
    try (TrainingProgress progress = TrainingProgress.onStandardOutput()) {
      TrainingRun.run(options, progress, lines);
    }
    return 0;
  }

  private TrainingOptions options() {
    requireStrides();
    requireAtLeastOne("--epochs", epochs == null ? 1 : epochs);
    requireAtLeastOne("--batch", batch);
    int largest = strides.stream().mapToInt(s -> s).max().orElseThrow();
    if (size < largest || size % largest != 0) {
      throw bad("--size", size, "must be a multiple of the largest stride, " + largest);
    }
    double rate = learningRate == null ? optimizer.learningRate() : learningRate;
    if (!(rate > 0 && rate <= 1)) {
      throw bad("--learning-rate", rate, "must be greater than 0 and at most 1");
    }
    if (data != null && !Files.isDirectory(data)) {
      throw bad("--data", data, "must be a folder that is there");
    }
    return new TrainingOptions(
        Optional.ofNullable(data),
        lossChoice(),
        strides,
        epochs != null ? epochs : data == null ? EPOCHS_ON_SHAPES : EPOCHS_ON_A_FOLDER,
        size,
        batch,
        backend,
        optimizer,
        rate,
        seed,
        out != null ? out : Path.of("runs", now()));
  }

  private void requireStrides() {
    for (int stride : strides) {
      if (!TrainingOptions.allowsStride(stride)) {
        throw bad("--strides", stride, "allowed are 2, 4, 8, 16, 32, 64");
      }
    }
    if (strides.stream().distinct().count() != strides.size()) {
      throw bad("--strides", strides, "each may be named once");
    }
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
      throw bad("--spec", loss.spec, "must be a file that can be read (" + e + ")");
    }
  }

  private void requireAtLeastOne(String option, int value) {
    if (value < 1) {
      throw bad(option, value, "must be at least 1");
    }
  }

  private ParameterException bad(String option, Object value, String allowed) {
    return new ParameterException(command.commandLine(), option + " is " + value + "; " + allowed);
  }

  private static String now() {
    return LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
  }
}
