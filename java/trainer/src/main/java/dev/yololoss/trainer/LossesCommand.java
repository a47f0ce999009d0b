package dev.yololoss.trainer;

import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.help.HelpOption;
import java.io.PrintWriter;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code losses}: the presets, a line each. */
@Command(name = "losses", description = "Lists the losses: name and aliases, source, formula.")
final class LossesCommand implements Runnable {
  @Spec private CommandSpec command;

  @Mixin private HelpOption help;

  @Override
  public void run() {
    PrintWriter out = command.commandLine().getOut();
    for (Preset preset : Preset.values()) {
      String names =
          Stream.concat(Stream.of(preset.id()), preset.aliases().stream())
              .collect(Collectors.joining(", "));
      out.printf("%-21s  %s  |  %s%n", names, preset.source(), preset.formula());
    }
    out.flush();
  }
}
