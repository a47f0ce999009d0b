package dev.yololoss.trainer.check;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.stream.Stream;
import picocli.CommandLine;

/** What the command did with some arguments. */
record Run(int exit, String out, String err) {
  /** Runs with paths and options, in their order. */
  static Run check(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit =
        new CommandLine(new CheckCommand())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
    return new Run(exit, out.toString(), err.toString());
  }

  /** The lines that start with a file's name and what is wrong with it. */
  String complaintOf(Path file) {
    return err.lines()
        .filter(line -> line.startsWith(file + ": "))
        .map(line -> line.substring(file.toString().length() + 2))
        .findFirst()
        .orElse("");
  }
}
