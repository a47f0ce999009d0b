package dev.yololoss.trainer;

import dev.yololoss.trainer.check.CheckCommand;
import picocli.CommandLine.Command;

/** The command line. */
@Command(name = "yololoss", subcommands = CheckCommand.class)
public final class CommandLine {
  private CommandLine() {}

  public static void main(String[] args) {
    System.exit(
        new picocli.CommandLine(new CommandLine())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(args));
  }
}
