package dev.yololoss.trainer;

import picocli.CommandLine.Option;

/** {@code --help}, alike for all commands. */
final class HelpOption {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "shows this help")
  private boolean asked;
}
