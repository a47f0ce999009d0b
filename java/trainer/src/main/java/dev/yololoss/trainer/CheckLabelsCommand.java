package dev.yololoss.trainer;

import dev.yololoss.trainer.data.LabelCheck;
import dev.yololoss.trainer.help.HelpOption;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code check-labels DIR}: every bad label with its file and line. */
@Command(
    name = "check-labels",
    description = "Reads every label and image of a data set and lists what is wrong.",
    footer = "Exit status: 0 no problem, 1 problems found, 2 no such data set.")
final class CheckLabelsCommand implements Callable<Integer> {
  @Spec private CommandSpec command;

  @Mixin private HelpOption help;

  @Parameters(paramLabel = "DIR", description = "folder with VOC, COCO or YOLO labels")
  private Path folder;

  @Override
  public Integer call() {
    return LabelCheck.run(folder, command.commandLine().getOut()) > 0 ? 1 : 0;
  }
}
