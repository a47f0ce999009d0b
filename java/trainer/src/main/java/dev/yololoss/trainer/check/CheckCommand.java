package dev.yololoss.trainer.check;

import dev.yololoss.Backend;
import dev.yololoss.BackendUnavailableException;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code check}: computes case files and compares them with the numbers they hold. */
@Command(
    name = "check",
    description =
        "Computes losses of safetensors cases and compares them with the numbers in the files.",
    footer =
        "Exit status: 0 all passed, 1 a case failed, 2 a file could not be used or the backend is"
            + " not there.")
public final class CheckCommand implements Callable<Integer> {
  @Spec private CommandSpec command;

  @Option(
      names = "--backend",
      defaultValue = "reference",
      description = "reference, native, cuda or auto (default: reference)")
  private Backend backend;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "writes DIR/<preset>/<file> with total, loss and gradients")
  private Path out;

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "safetensors files with pred.i, targets and metadata preset and config")
  private List<Path> files;

  private int passed;
  private int failed;
  private int computed;
  private int unusable;

  @Override
  public Integer call() {
    PrintWriter lines = command.commandLine().getOut();
    PrintWriter errors = command.commandLine().getErr();
    for (Path path : files) {
      try {
        CaseReport report = run(path);
        lines.println(report.line());
        count(report);
        if (out != null) {
          report.output().write(out.resolve(report.preset()).resolve(path.getFileName()));
        }
      } catch (BackendUnavailableException e) {
        errors.println(e.getMessage());
        return 2;
      } catch (IOException e) {
        errors.println(e.getMessage());
        unusable++;
      }
      lines.flush();
    }
    lines.println(
        String.format(
            Locale.ROOT,
            "%d cases: %d passed, %d failed, %d computed only, %d unusable",
            files.size(),
            passed,
            failed,
            computed,
            unusable));
    if (out != null) {
      lines.println("written to " + out);
    }
    return unusable > 0 ? 2 : failed > 0 ? 1 : 0;
  }

  private CaseReport run(Path path) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      boolean boxes = CaseFile.metadata(file, "preset").equals("boxes");
      return boxes ? new BoxesCase(file, backend).run() : new LossCase(file, backend).run();
    }
  }

  private void count(CaseReport report) {
    if (!report.compared()) {
      computed++;
    } else if (report.passes()) {
      passed++;
    } else {
      failed++;
    }
  }
}
