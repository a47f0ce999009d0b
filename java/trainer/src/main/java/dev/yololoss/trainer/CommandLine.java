package dev.yololoss.trainer;

/** The command line. */
final class CommandLine {
  private CommandLine() {}
}
