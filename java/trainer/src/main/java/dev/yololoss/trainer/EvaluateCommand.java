package dev.yololoss.trainer;

import dev.yololoss.Backend;
import dev.yololoss.trainer.checkpoint.CheckpointFolder;
import dev.yololoss.trainer.help.HelpOption;
import dev.yololoss.trainer.train.DataPart;
import dev.yololoss.trainer.train.EvaluationOptions;
import dev.yololoss.trainer.train.EvaluationRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code evaluate}: measures what a run learned. */
@Command(
    name = "evaluate",
    description = "Measures a trained network: mAP@.5, mAP@.5:.95 and VOC07, for each class.",
    showDefaultValues = true,
    sortOptions = false)
final class EvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec command;

  @Mixin private HelpOption help;

  @Parameters(paramLabel = "RUN", description = "a run's folder, or one of its checkpoints")
  private Path run;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "another data set of the same classes (default: the run's)")
  private Path data;

  @Option(
      names = "--part",
      defaultValue = "validation",
      description = "of the data: validation, training, test")
  private DataPart part;

  @Option(
      names = {"--sizes", "--size"},
      paramLabel = "FROM:TO:STEP",
      converter = SizeRange.Converter.class,
      description = "sides of the network's input, like 416 or 320:608:32 (default: the run's)")
  private SizeRange sizes;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "images at a time (default: the run's)")
  private Integer batch;

  @Option(
      names = "--backend",
      defaultValue = "auto",
      description = "where boxes are decoded: reference, native, cuda, auto")
  private Backend backend;

  @Option(
      names = "--predictions",
      paramLabel = "DIR",
      description = "new folder for the raw heads of each image, which \"audit\" reads")
  private Path predictions;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "folder for table and curves (default: evaluation, in the run's folder, or beside a"
              + " checkpoint that is in none)")
  private Path out;

  @Override
  public Integer call() {
    if (!Files.exists(run)) {
      throw bad("RUN", run, "must be a run's folder or one of its checkpoints");
    }
    if (data != null && !Files.isDirectory(data)) {
      throw bad("--data", data, "must be a folder that is there");
    }
    if (batch != null && batch < 1) {
      throw bad("--batch", batch, "must be at least 1");
    }
    EvaluationRun.run(
        new EvaluationOptions(
            run,
            Optional.ofNullable(data),
            part,
            sizes == null ? List.of() : sizes.sizes(),
            batch == null ? OptionalInt.empty() : OptionalInt.of(batch),
            backend,
            Optional.ofNullable(predictions),
            out != null ? out : folder(run)),
        command.commandLine().getOut());
    return 0;
  }

  /** In the run's folder, or beside a checkpoint that was put elsewhere. */
  static Path folder(Path run) {
    if (Files.isDirectory(run)) {
      return run.resolve("evaluation");
    }
    Path around = run.toAbsolutePath().getParent();
    return CheckpointFolder.isNamed(around)
        ? around.resolveSibling("evaluation")
        : around.resolve("evaluation");
  }

  private ParameterException bad(String option, Object value, String allowed) {
    return new ParameterException(command.commandLine(), option + " is " + value + "; " + allowed);
  }
}
