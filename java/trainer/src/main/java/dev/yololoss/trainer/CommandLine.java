package dev.yololoss.trainer;

import dev.yololoss.BackendUnavailableException;
import dev.yololoss.spec.SpecException;
import dev.yololoss.trainer.audit.AuditCommand;
import dev.yololoss.trainer.check.CheckCommand;
import dev.yololoss.trainer.checkpoint.CheckpointException;
import dev.yololoss.trainer.checkpoint.CheckpointWriteException;
import dev.yololoss.trainer.data.DataException;
import dev.yololoss.trainer.help.HelpOption;
import dev.yololoss.trainer.train.DivergedException;
import dev.yololoss.trainer.train.TrainingException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * The command line.
 *
 * <p>Exit status: 0 done, 1 failed, 2 asked for something that cannot be had; a line says which.
 */
@Command(
    name = "yololoss",
    description = "Losses of YOLO detectors: look at them, check them, train with them.",
    subcommands = {
      TrainCommand.class,
      EvaluateCommand.class,
      CompareCommand.class,
      SpecCommand.class,
      LossesCommand.class,
      CheckLabelsCommand.class,
      DoctorCommand.class,
      CheckCommand.class,
      AuditCommand.class
    })
public final class CommandLine implements Runnable {
  private static final int FAILED = 1;
  private static final int NOT_TO_BE_HAD = 2;

  @Spec private picocli.CommandLine.Model.CommandSpec command;

  @Mixin private HelpOption help;

  private CommandLine() {}

  public static void main(String[] args) {
    System.exit(create().execute(args));
  }

  static picocli.CommandLine create() {
    return new picocli.CommandLine(new CommandLine())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(CommandLine::explainParameters)
        .setExecutionExceptionHandler(CommandLine::explainFailure);
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(),
        "name a command: " + String.join(", ", command.subcommands().keySet()));
  }

  private static int explainParameters(ParameterException e, String[] args) {
    print(e.getCommandLine().getErr(), e.getMessage().replace(System.lineSeparator(), " "));
    return NOT_TO_BE_HAD;
  }

  private static int explainFailure(
      Exception e, picocli.CommandLine commandLine, ParseResult parsed) {
    switch (e) {
      case SpecException _,
          DataException _,
          TrainingException _,
          CheckpointException _,
          BackendUnavailableException _ -> {
        print(commandLine.getErr(), e.getMessage());
        return NOT_TO_BE_HAD;
      }
      case DivergedException _, CheckpointWriteException _ -> {
        print(commandLine.getErr(), e.getMessage());
        return FAILED;
      }
      case UncheckedIOException unwritten -> {
        print(commandLine.getErr(), unwritten.getCause().toString());
        return FAILED;
      }
      default -> {
        e.printStackTrace(commandLine.getErr());
        commandLine.getErr().flush();
        return FAILED;
      }
    }
  }

  private static void print(PrintWriter err, String line) {
    err.println(line);
    err.flush();
  }
}
