package dev.yololoss.trainer;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.help.HelpOption;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code spec NAME}: a preset as JSON. */
@Command(
    name = "spec",
    description = "Prints a loss as JSON, with every option that may be changed.")
final class SpecCommand implements Runnable {
  @Spec private CommandSpec command;

  @Mixin private HelpOption help;

  @Parameters(paramLabel = "NAME", description = "a name or alias that \"losses\" lists")
  private String name;

  @Override
  public void run() {
    PrintWriter out = command.commandLine().getOut();
    out.println(LossSpec.of(Preset.of(name)).toJson());
    out.flush();
  }
}
