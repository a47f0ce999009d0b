package dev.yololoss.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.yololoss.spec.Preset;
import dev.yololoss.spec.SpecException;
import dev.yololoss.trainer.compare.Comparison;
import dev.yololoss.trainer.compare.ComparisonProgress;
import dev.yololoss.trainer.compare.Plan;
import dev.yololoss.trainer.compare.Question;
import dev.yololoss.trainer.compare.ReadyMadeQuestion;
import dev.yololoss.trainer.help.HelpOption;
import dev.yololoss.trainer.optimize.OptimizerOptions;
import dev.yololoss.trainer.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code compare}: trains the same network with each of several losses. */
@Command(
    name = "compare",
    description = {
      "Trains the same network with each of several losses and seeds, and writes a report.",
      "What was finished is kept: the same command, or --resume, goes on where it stopped."
    },
    showDefaultValues = true,
    sortOptions = false)
final class CompareCommand implements Callable<Integer> {
  private static final long SPLIT_SEED = 1;

  @Spec private CommandSpec command;

  @Mixin private HelpOption help;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "data set with VOC, COCO or YOLO labels; generated shapes if not named")
  private Path data;

  @ArgGroup private What what = new What();

  /** One of the three. */
  private static final class What {
    @Option(
        names = "--losses",
        paramLabel = "NAME",
        split = ",",
        description = "losses that \"losses\" lists, or JSON files")
    private List<String> losses;

    @Option(
        names = "--question",
        paramLabel = "A..E|FILE",
        description = "a ready-made comparison, see the documentation, or one as JSON")
    private String question;

    @Option(
        names = "--resume",
        paramLabel = "DIR",
        description = "goes on with an interrupted comparison, as it began")
    private Path resumed;
  }

  @Option(names = "--seeds", paramLabel = "N", defaultValue = "3", description = "runs per loss")
  private int seeds;

  @Option(names = "--epochs", paramLabel = "N", defaultValue = "60")
  private int epochs;

  @Option(
      names = "--rates",
      paramLabel = "X",
      split = ",",
      description =
          "learning rates to try for each loss; one is taken untried (default: adam"
              + " 0.001,0.003,0.01, sgd 0.001,0.01,0.1)")
  private List<Double> rates;

  @Option(
      names = "--rate-epochs",
      paramLabel = "N",
      description = "of each trial (default: a third of --epochs)")
  private Integer rateEpochs;

  @Mixin private TrainingArguments training;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "folder for results and report (default: one in runs, called after what is compared)")
  private Path out;

  @Override
  public Integer call() {
    if (what.resumed != null) {
      training.requireNothingBeside("--resume");
    }
    Plan plan = what.resumed == null ? plan() : null;
    try (ComparisonProgress progress = ComparisonProgress.onStandardOutput()) {
      if (plan == null) {
        Comparison.resume(what.resumed, progress, command.commandLine().getOut());
      } else {
        Comparison.run(
            plan, Optional.ofNullable(out), asTyped(), progress, command.commandLine().getOut());
      }
    }
    return 0;
  }

  private String asTyped() {
    return "compare " + String.join(" ", command.commandLine().getParseResult().expandedArgs());
  }

  private Plan plan() {
    training.requireAtLeastOne("--seeds", seeds);
    training.requireAtLeastOne("--epochs", epochs);
    int trial = rateEpochs == null ? Math.ceilDiv(epochs, 3) : rateEpochs;
    training.requireAtLeastOne("--rate-epochs", trial);
    if (data != null && !Files.isDirectory(data)) {
      throw training.bad("--data", data, "must be a folder that is there");
    }
    OptimizerOptions optimizer = training.optimizer();
    List<Double> tried = rates == null ? optimizer.kind().trialRates() : rates;
    tried.forEach(rate -> training.requireRate("--rates", rate));
    if (tried.stream().distinct().count() != tried.size()) {
      throw training.bad("--rates", tried, "each may be named once");
    }
    Question question = question(training.input().size());
    TrainingOptions base =
        new TrainingOptions(
            Optional.ofNullable(data).map(Path::toAbsolutePath),
            question.firstLoss(),
            training.network(),
            epochs,
            training.input(),
            training.backend(),
            optimizer,
            training.schedule(tried.getFirst()),
            training.evaluateEvery(),
            SPLIT_SEED,
            SPLIT_SEED,
            Path.of("runs"));
    return new Plan(question, base, seeds, tried, trial);
  }

  private Question question(int size) {
    if (what.question != null) {
      return asked(what.question, size);
    }
    if (what.losses == null) {
      throw new ParameterException(
          command.commandLine(), "name what to compare: --losses, --question or --resume");
    }
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("title", "Which loss? " + String.join(", ", what.losses));
    ArrayNode losses = root.putArray("losses");
    what.losses.forEach(loss -> put(losses.addObject(), loss));
    return Question.read("--losses", root.toString(), size);
  }

  private Question asked(String name, int size) {
    for (ReadyMadeQuestion ready : ReadyMadeQuestion.values()) {
      if (ready.name().equals(name.toUpperCase(Locale.ROOT))) {
        return ready.question(size);
      }
    }
    return Question.read("--question " + name, text("--question", Path.of(name)), size);
  }

  private void put(ObjectNode loss, String name) {
    if (!name.endsWith(".json")) {
      try {
        loss.put("name", name).put("preset", Preset.of(name).id());
        return;
      } catch (SpecException e) {
        throw new ParameterException(command.commandLine(), "--losses: " + e.getMessage(), e);
      }
    }
    Path file = Path.of(name);
    String text = text("--losses", file);
    String stem = file.getFileName().toString();
    loss.put("name", stem.substring(0, stem.length() - ".json".length()));
    try {
      loss.set("spec", new ObjectMapper().readTree(text));
    } catch (JsonProcessingException e) {
      throw training.bad(
          "--losses", name, "no JSON: " + e.getMessage().lines().findFirst().orElse(""));
    }
  }

  private String text(String option, Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw training.bad(option, file, "must be a file that can be read (" + e + ")");
    }
  }
}
