package dev.yololoss.trainer.check;

import dev.yololoss.Backend;
import dev.yololoss.BackendUnavailableException;
import dev.yololoss.EngineOptions;
import dev.yololoss.trainer.help.HelpOption;
import dev.yololoss.trainer.safetensors.SafetensorsFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code check}: computes case files and compares them with the numbers they hold. */
@Command(
    name = "check",
    description = {
      "Computes losses of safetensors cases and compares them with the numbers in the files.",
      "",
      "A case holds the raw outputs pred.0, pred.1 ... as [B, A*(5+C), H, W] and targets as [N, 6]:"
          + " image, class, cx, cy, w, h in 0..1. Its metadata say what the loss is: either spec, a"
          + " loss in this program's JSON, or preset and config in the words of the original"
          + " program. total [1], loss [components] and grad.0, grad.1 ... are compared if they are"
          + " there."
    },
    footer =
        "Exit status: 0 all passed, 1 a case failed, 2 a file could not be used or the backend is"
            + " not there.",
    exitCodeOnExecutionException = 2)
public final class CheckCommand implements Callable<Integer> {
  @Spec private CommandSpec command;

  @Mixin private HelpOption help;

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

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "safetensors files")
  private List<Path> files;

  private String usedBackend = "";
  private int passed;
  private int failed;
  private int computed;
  private int unusable;

  @Override
  public Integer call() {
    PrintWriter lines = command.commandLine().getOut();
    PrintWriter errors = command.commandLine().getErr();
    Optional<CaseOutputs> outputs = Optional.ofNullable(out).map(CaseOutputs::new);
    for (Path path : files) {
      try {
        CaseReport report = run(path, backend);
        sayBackend(report, lines);
        lines.println(report.line());
        if (outputs.isPresent()) {
          outputs.get().write(path, report);
        }
        count(report);
      } catch (BackendUnavailableException e) {
        errors.println(e.getMessage());
        return 2;
      } catch (IOException e) {
        errors.println(e.getMessage());
        unusable++;
      }
      lines.flush();
      errors.flush();
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
      lines.println("wrote " + out);
    }
    lines.flush();
    return unusable > 0 ? 2 : failed > 0 ? 1 : 0;
  }

  static CaseReport run(Path path, Backend backend) throws IOException {
    return run(path, EngineOptions.on(backend));
  }

  static CaseReport run(Path path, EngineOptions options) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      return CaseFile.isBoxes(file)
          ? new BoxesCase(file, options).run()
          : new LossCase(file, options).run();
    }
  }

  /** Whoever leaves the choice to the engine is told what it chose. */
  private void sayBackend(CaseReport report, PrintWriter lines) {
    if (backend == Backend.AUTO && !report.backend().equals(usedBackend)) {
      usedBackend = report.backend();
      lines.println("backend " + usedBackend);
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
