package dev.yololoss.trainer.help;

import picocli.CommandLine.Option;

/** {@code --help}, alike for all commands. */
public final class HelpOption {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "shows this help")
  private boolean asked;

  /** For picocli, which fills it in. */
  public HelpOption() {}
}
