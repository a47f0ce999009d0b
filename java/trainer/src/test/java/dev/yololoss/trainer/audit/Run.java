package dev.yololoss.trainer.audit;

import dev.yololoss.trainer.data.DataException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import picocli.CommandLine;

/** What the command did with some arguments. */
record Run(int exit, String out, String err) {
  static Run audit(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    PrintWriter errors = new PrintWriter(err, true);
    int exit =
        new CommandLine(new AuditCommand())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setOut(new PrintWriter(out))
            .setErr(errors)
            .setExecutionExceptionHandler(
                (e, command, parsed) -> {
                  errors.println(e instanceof DataException ? e.getMessage() : e.toString());
                  return 2;
                })
            .execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
    return new Run(exit, out.toString(), err.toString());
  }
}
