package dev.yololoss.trainer.audit;

import dev.yololoss.Backend;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.SpecException;
import dev.yololoss.trainer.data.DetectionDataSet;
import dev.yololoss.trainer.help.HelpOption;
import dev.yololoss.trainer.report.ImageProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code audit}: which labels a prediction disagrees with. */
@Command(
    name = "audit",
    description = {
      "Ranks the images and labels of a data set by the loss of a prediction, and lists confident"
          + " predictions that no label explains.",
      "",
      "A file holds the raw heads pred.0, pred.1 ... as [images, A*(5+C), H, W] and, as metadata,"
          + " images: a JSON array of names in the data set; spec: the loss as JSON, unless --spec"
          + " names it; and, if you like, classes: a JSON array of names."
    },
    showDefaultValues = true,
    sortOptions = false,
    footer = "Exit status: 0 done, 2 something could not be used.")
public final class AuditCommand implements Callable<Integer> {
  private static final int SHOWN = 5;

  @Spec private CommandSpec command;

  @Mixin private HelpOption help;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "data set with VOC, COCO or YOLO labels")
  private Path data;

  @Option(names = "--spec", paramLabel = "FILE", description = "the loss as JSON, see \"spec\"")
  private Path spec;

  @Option(
      names = "--fit",
      defaultValue = "letterbox",
      description = "how images became the network's input: letterbox, stretch")
  private Fit fit;

  @Option(
      names = "--confidence",
      paramLabel = "X",
      defaultValue = "0.5",
      description = "the least score of a prediction that counts, 0 to 1")
  private double confidence;

  @Option(
      names = "--overlap",
      paramLabel = "X",
      defaultValue = "0.5",
      description = "from this IoU on a label lies where a prediction is, above 0 to 1")
  private double overlap;

  @Option(
      names = "--backend",
      defaultValue = "auto",
      description = "where the loss is computed: reference, native, cuda, auto")
  private Backend backend;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "audit",
      description = "new folder for tables and pictures")
  private Path out;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "safetensors files")
  private List<Path> files;

  @Override
  public Integer call() {
    AuditOptions options = options();
    PrintWriter lines = command.commandLine().getOut();
    DetectionDataSet dataSet = DetectionDataSet.read(data, 0);
    AuditFolder folder = AuditFolder.create(out, dataSet.classes());
    int all = dataSet.training().size() + dataSet.validation().size() + dataSet.heldOut().size();
    Audit audit = new Audit(options, dataSet);
    Findings findings;
    try (ImageProgress progress = ImageProgress.onStandardOutput("audit", audit.images())) {
      findings = audit.run(progress);
    }
    summarise(lines, findings, dataSet, all);
    folder.write(findings).forEach(file -> print(lines, "wrote " + file));
    return 0;
  }

  private static void summarise(
      PrintWriter lines, Findings findings, DetectionDataSet dataSet, int all) {
    long unmatched = findings.labels().stream().filter(label -> !label.isMatched()).count();
    print(
        lines,
        "%d of %d images, %d labels, of which the loss makes no slot responsible for %d"
            .formatted(findings.images().size(), all, findings.labels().size(), unmatched));
    if (dataSet.report().skipped() > 0) {
      print(lines, dataSet.report().skipped() + " bad labels were left out: see \"check-labels\"");
    }
    findings.labels().stream()
        .filter(LabelFinding::isMatched)
        .limit(SHOWN)
        .forEach(
            label ->
                print(
                    lines,
                    String.format(
                        Locale.ROOT,
                        "worst label: %s, label %d, %s: %.4g",
                        label.image().name(),
                        label.row(),
                        dataSet.classes().get(label.box().category()),
                        label.loss())));
    print(lines, findings.missing().size() + " confident predictions that no label explains");
    if (findings.notFinite() > 0) {
      print(lines, findings.notFinite() + " predicted boxes were not finite");
    }
  }

  private static void print(PrintWriter lines, String line) {
    lines.println(line);
    lines.flush();
  }

  private AuditOptions options() {
    if (!(confidence >= 0 && confidence <= 1)) {
      throw bad("--confidence", confidence, "must lie in 0..1");
    }
    if (!(overlap > 0 && overlap <= 1)) {
      throw bad("--overlap", overlap, "must be greater than 0 and at most 1");
    }
    if (!Files.isDirectory(data)) {
      throw bad("--data", data, "must be a folder that is there");
    }
    return new AuditOptions(data, files, loss(), fit, confidence, overlap, backend, out);
  }

  private Optional<LossSpec> loss() {
    if (spec == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(LossSpec.fromJson(Files.readString(spec)));
    } catch (SpecException e) {
      throw new SpecException("--spec " + spec + ": " + e.getMessage());
    } catch (IOException e) {
      throw bad("--spec", spec, "must be a file that can be read (" + e + ")");
    }
  }

  private ParameterException bad(String option, Object value, String allowed) {
    return new ParameterException(command.commandLine(), option + " is " + value + "; " + allowed);
  }
}
