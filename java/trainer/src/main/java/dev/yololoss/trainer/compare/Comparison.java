package dev.yololoss.trainer.compare;

import dev.yololoss.trainer.checkpoint.CheckpointFolder;
import dev.yololoss.trainer.report.EpochReport;
import dev.yololoss.trainer.report.MetricsFile;
import dev.yololoss.trainer.report.Picture;
import dev.yololoss.trainer.train.DivergedException;
import dev.yololoss.trainer.train.Interruption;
import dev.yololoss.trainer.train.TrainingData;
import dev.yololoss.trainer.train.TrainingException;
import dev.yololoss.trainer.train.TrainingOptions;
import dev.yololoss.trainer.train.TrainingRun;
import dev.yololoss.trainer.train.TrainingSummary;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Trains the same network with each of several losses and says how they compare.
 *
 * <p>For one seed all losses begin with the same parameters and see the same batches; the images
 * that validate are the same in all runs. A run that was finished is never repeated, and one that
 * was interrupted goes on after its last epoch.
 */
public final class Comparison {
  private final Plan plan;
  private final TrainingData data;
  private final ComparisonFolder folder;
  private final ComparisonProgress progress;
  private final Interruption interruption;
  private int number;

  private Comparison(
      Plan plan,
      TrainingData data,
      ComparisonFolder folder,
      ComparisonProgress progress,
      Interruption interruption) {
    this.plan = plan;
    this.data = data;
    this.folder = folder;
    this.progress = progress;
    this.interruption = interruption;
  }

  /**
   * Does what is left of the plan, and writes the report.
   *
   * @param folder for results and report; if not named, one in {@code runs} that is called after
   *     the plan, so that the same plan goes on there
   * @param command how that was asked for; the report quotes it
   * @param out for people
   * @throws TrainingException if the losses do not fit the data, or each other, or another process
   *     is at work in the folder
   * @throws dev.yololoss.BackendUnavailableException if the backend is not there
   * @throws dev.yololoss.trainer.data.DataException if the data cannot be read
   */
  public static void run(
      Plan plan,
      Optional<Path> folder,
      String command,
      ComparisonProgress progress,
      PrintWriter out) {
    run(plan, TrainingData.read(plan.base()), folder, command, progress, out);
  }

  /**
   * Goes on with a comparison.
   *
   * @throws TrainingException if the folder holds none, or another process is at work there
   * @throws dev.yololoss.BackendUnavailableException if the backend it began with is not there
   */
  public static void resume(Path folder, ComparisonProgress progress, PrintWriter out) {
    Plan plan = ComparisonFolder.plan(folder);
    run(plan, Optional.of(folder), "compare --resume " + folder, progress, out);
  }

  static void run(
      Plan asked,
      TrainingData data,
      Optional<Path> named,
      String command,
      ComparisonProgress progress,
      PrintWriter out) {
    String network = requireOneNetwork(asked, data);
    Plan plan = asked.with(TrainingRun.backend(asked.base(), data));
    long fingerprint = data.set().fingerprint();
    Path place = named.orElseGet(() -> Path.of("runs", plan.folderName(fingerprint)));
    try (ComparisonFolder folder = ComparisonFolder.of(place, plan.toJson(fingerprint), command);
        Interruption interruption = Interruption.listening()) {
      print(plan, data, network, place, out);
      Comparison comparison = new Comparison(plan, data, folder, progress, interruption);
      List<Standing> standings = comparison.standings();
      Report report = new Report(plan, data.set(), network, folder, standings);
      out.println();
      Standing.print(out, standings);
      report.write().forEach(file -> out.println("wrote " + file));
      if (!report.complete()) {
        out.println("interrupted; go on with: compare --resume " + folder.path());
      }
      out.flush();
    }
  }

  private static String requireOneNetwork(Plan plan, TrainingData data) {
    if (data.set().validation().isEmpty()) {
      throw new TrainingException(data.set().name() + " has no images to validate on");
    }
    String network = "";
    for (Contender contender : plan.question().contenders()) {
      TrainingOptions options = contender.variation().of(plan.base(), 1).with(contender.loss());
      String own = TrainingRun.network(options, data);
      if (!network.isEmpty() && !own.equals(network)) {
        throw new TrainingException(
            "%s has %s and %s has %s: they cannot begin with the same network"
                .formatted(
                    plan.question().contenders().getFirst().name(),
                    network,
                    contender.name(),
                    own));
      }
      network = own;
    }
    return network;
  }

  private static void print(
      Plan plan, TrainingData data, String network, Path place, PrintWriter out) {
    out.println("question  " + plan.question().title());
    out.printf(
        Locale.ROOT,
        "data      %s: %d training and %d validation images%n",
        data.set().name(),
        data.set().training().size(),
        data.set().validation().size());
    out.printf(
        Locale.ROOT,
        "losses    %s%n",
        String.join(", ", plan.question().contenders().stream().map(Contender::name).toList()));
    out.println("network   " + network);
    out.printf(
        Locale.ROOT,
        "runs      %d to find learning rates, %d epochs each; %d to compare, %d epochs each%n",
        plan.trials().size(),
        plan.rateEpochs(),
        plan.seeds() * plan.question().contenders().size(),
        plan.base().epochs());
    out.println("out       " + place);
    out.flush();
  }

  private List<Standing> standings() {
    int steps = Math.ceilDiv(data.set().training().size(), plan.base().input().batch());
    progress.planned(
        plan.trials().size() + plan.seeds() * plan.question().contenders().size(),
        plan.epochs() * steps);
    List<PlannedRun> trials = plan.trials();
    List<RunResult> tried = new ArrayList<>();
    trials.forEach(run -> result(run).ifPresent(tried::add));
    List<Standing> standings = new ArrayList<>();
    for (Contender contender : plan.question().contenders()) {
      List<RunResult> own =
          tried.stream().filter(r -> r.contender().equals(contender.name())).toList();
      OptionalDouble rate = plan.given(contender);
      boolean allTried = own.size() == plan.rates().size();
      if (rate.isEmpty() && allTried) {
        rate = OptionalDouble.of(best(own).rate());
      }
      List<RunResult> finals = new ArrayList<>();
      if (rate.isPresent()) {
        plan.finals(contender, rate.getAsDouble())
            .forEach(run -> result(run).ifPresent(finals::add));
      }
      standings.add(new Standing(contender, own, rate, finals));
    }
    return standings;
  }

  /** The highest precision; of equals the lowest rate. */
  private static RunResult best(List<RunResult> tried) {
    return tried.stream()
        .sorted(Comparator.comparingDouble(RunResult::rate))
        .max(
            Comparator.comparingDouble(RunResult::map50)
                .thenComparing(Comparator.comparingDouble(RunResult::rate).reversed()))
        .orElseThrow();
  }

  /** Of a run that was finished, or is now; empty if the comparison was interrupted. */
  private Optional<RunResult> result(PlannedRun run) {
    number++;
    Optional<RunResult> known = folder.result(run);
    if (known.isPresent()) {
      progress.runSkipped(run.epochs() * (long) steps());
      return known;
    }
    return interruption.asked() ? Optional.empty() : train(run);
  }

  private int steps() {
    return Math.ceilDiv(data.set().training().size(), plan.base().input().batch());
  }

  private Optional<RunResult> train(PlannedRun run) {
    TrainingOptions options = run.options(plan.base(), folder.run(run));
    progress.runStarted(number, run.inWords(), run.epochs() * (long) steps());
    RunResult result;
    List<Picture> pictures;
    try {
      TrainingSummary summary = trained(run, options);
      if (!summary.finished()) {
        return Optional.empty();
      }
      pictures = summary.pictures();
      result =
          RunResult.of(
              run, Optional.empty(), summary.precision(), data.set().classes(), summary.reports());
    } catch (DivergedException e) {
      pictures = List.of();
      result =
          RunResult.of(
              run,
              Optional.of(e.getMessage()),
              Optional.empty(),
              data.set().classes(),
              reports(options.out()));
    }
    folder.keep(run, result, data.set().classes(), pictures);
    progress.runFinished(Standing.inWords(result));
    return Optional.of(result);
  }

  private TrainingSummary trained(PlannedRun run, TrainingOptions options) {
    PrintWriter silent = new PrintWriter(Writer.nullWriter());
    if (!CheckpointFolder.ofRun(options.out()).isEmpty()) {
      return TrainingRun.resume(options.out(), data, interruption, progress.epochs(), silent);
    }
    folder.clear(run);
    return TrainingRun.run(options, data, interruption, progress.epochs(), silent);
  }

  private static List<EpochReport> reports(Path run) {
    try {
      Path metrics = run.resolve("metrics.csv");
      return Files.exists(metrics) ? MetricsFile.read(metrics) : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
