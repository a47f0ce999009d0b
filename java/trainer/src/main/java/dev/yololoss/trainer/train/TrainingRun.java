package dev.yololoss.trainer.train;

import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.LossEngine;
import dev.yololoss.djl.LossStep;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.trainer.checkpoint.Checkpoint;
import dev.yololoss.trainer.checkpoint.CheckpointFolder;
import dev.yololoss.trainer.report.TrainingProgress;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Trains a small detector and says how it went.
 *
 * <p>The same options give the same numbers on the same machine with the same number of threads:
 * split, anchors, first parameters, order and augmentation come from the seeds, and the loss is
 * computed in a fixed order. PyTorch promises the same for its convolutions only with equal
 * libraries, processor and thread count. A run that was stopped and resumed gives the same numbers
 * as one that was not.
 */
public final class TrainingRun {
  private final TrainingOptions options;
  private final TrainingData data;
  private final Optional<Checkpoint> checkpoint;
  private final TrainingProgress progress;
  private final PrintWriter out;

  private TrainingRun(
      TrainingOptions options,
      TrainingData data,
      Optional<Checkpoint> checkpoint,
      TrainingProgress progress,
      PrintWriter out) {
    this.options = options;
    this.data = data;
    this.checkpoint = checkpoint;
    this.progress = progress;
    this.out = out;
  }

  /**
   * Trains, and writes {@code metrics.csv}, {@code spec.json}, {@code loss.png}, {@code map.png},
   * {@code sheet.png}, an event file and after each epoch a checkpoint; an interrupted run writes
   * what it has.
   *
   * @param out for people
   * @throws TrainingException if the options do not go together, or the folder holds a run, or
   *     another process is at work there
   * @throws DivergedException if the network's output is no longer finite; the metrics and curves
   *     up to there are written
   * @throws dev.yololoss.trainer.checkpoint.CheckpointException if the run to start from has no
   *     good checkpoint
   * @throws dev.yololoss.trainer.checkpoint.CheckpointWriteException if a checkpoint cannot be
   *     written
   * @throws dev.yololoss.trainer.data.DataException if the data cannot be read
   * @throws dev.yololoss.BackendUnavailableException if the backend is not there
   */
  public static TrainingSummary run(
      TrainingOptions options, TrainingProgress progress, PrintWriter out) {
    RunFolder.requireNoRun(options.out());
    TrainingData data = TrainingData.read(options);
    try (Interruption interruption = Interruption.listening()) {
      return run(options, data, interruption, progress, out);
    }
  }

  /**
   * Likewise, on data that was read.
   *
   * @param interruption stays its owner's
   */
  public static TrainingSummary run(
      TrainingOptions options,
      TrainingData data,
      Interruption interruption,
      TrainingProgress progress,
      PrintWriter out) {
    RunFolder.requireNoRun(options.out());
    return new TrainingRun(options, data, Optional.empty(), progress, out).run(interruption);
  }

  /**
   * Goes on with a run after the last epoch it finished; a run that was finished gets its pictures
   * again.
   *
   * @param folder the run's
   * @throws dev.yololoss.trainer.checkpoint.CheckpointException if it holds no good checkpoint
   * @throws TrainingException if the data is not what the run began with, or another process is at
   *     work in the folder
   * @throws dev.yololoss.BackendUnavailableException if the backend that the run began with is not
   *     there
   */
  public static TrainingSummary resume(Path folder, TrainingProgress progress, PrintWriter out) {
    CheckpointFolder.ofRun(folder).requireAny();
    try (FolderLock _ = FolderLock.of(folder)) {
      SavedRun saved = SavedRun.newest(folder);
      saved.notes().forEach(out::println);
      TrainingData data = TrainingData.read(saved.options());
      try (Interruption interruption = Interruption.listening()) {
        return resume(saved, data, interruption, progress, out);
      }
    }
  }

  /**
   * Likewise, on data that was read.
   *
   * @param interruption stays its owner's
   */
  public static TrainingSummary resume(
      Path folder,
      TrainingData data,
      Interruption interruption,
      TrainingProgress progress,
      PrintWriter out) {
    CheckpointFolder.ofRun(folder).requireAny();
    try (FolderLock _ = FolderLock.of(folder)) {
      SavedRun saved = SavedRun.newest(folder);
      saved.notes().forEach(out::println);
      return resume(saved, data, interruption, progress, out);
    }
  }

  private static TrainingSummary resume(
      SavedRun saved,
      TrainingData data,
      Interruption interruption,
      TrainingProgress progress,
      PrintWriter out) {
    saved.requireSame(data.set());
    return new TrainingRun(saved.options(), data, Optional.of(saved.checkpoint()), progress, out)
        .run(interruption);
  }

  /**
   * Where a run would compute its loss: what AUTO comes to on this machine, or else what is asked
   * for.
   *
   * @throws TrainingException if the options do not go together
   * @throws dev.yololoss.BackendUnavailableException if the backend is not there
   */
  public static Backend backend(TrainingOptions options, TrainingData data) {
    LossSpec spec = ChooseLoss.of(options, data.set()).spec();
    try (LossEngine engine = LossEngine.open(spec, options.backend())) {
      return engine.backend();
    }
  }

  /**
   * The heads that a run would have, in words: runs of equal words, seed and number of classes
   * begin with the same network.
   *
   * @throws TrainingException if the options do not go together
   */
  public static String network(TrainingOptions options, TrainingData data) {
    Heads heads = ChooseLoss.of(options, data.set()).spec().heads();
    return IntStream.range(0, heads.heads().size())
        .mapToObj(
            layer ->
                "%d anchors at stride %d"
                    .formatted(heads.anchorsOf(layer).size(), heads.heads().get(layer).stride()))
        .collect(Collectors.joining(", "));
  }

  private TrainingSummary run(Interruption interruption) {
    ChooseLoss choice = ChooseLoss.of(options, data.set());
    requireWholeCells(choice.spec());
    PyTorch.start();
    try (LossStep loss = LossStep.open(choice.spec(), EngineOptions.on(options.backend()));
        Detector detector =
            Detector.initialised(
                choice.spec(),
                options.network().headType(),
                options.input().size(),
                options.seed())) {
      // A resumed run computes where the run began, whatever AUTO comes to by then.
      Learner learner = new Learner(options.with(loss.backend()), data, detector, loss);
      checkpoint.ifPresent(learner::restore);
      choice.start().ifPresent(saved -> detector.load(saved.checkpoint().model()));
      try (RunFolder folder = folder(choice.spec(), learner)) {
        folder.writeSpec(choice.spec().toJson());
        Introduction.print(out, options, data.set(), choice, loss.choice(), detector.size());
        choice.start().ifPresent(this::print);
        checkpoint.ifPresent(c -> out.println("resumed   after epoch " + c.epoch()));
        out.flush();
        TrainingSummary summary = train(learner, folder, interruption);
        summary.print(out);
        return summary;
      }
    }
  }

  private void print(SavedRun start) {
    int size = start.options().input().size();
    out.printf(
        Locale.ROOT,
        "start     %s, epoch %d%s%n",
        start.file(),
        start.checkpoint().epoch(),
        size == options.input().size()
            ? ""
            : ", whose anchors were chosen for " + size + " pixels");
    start.notes().forEach(note -> out.println("          " + note));
  }

  private RunFolder folder(LossSpec spec, Learner learner) {
    CheckpointFolder checkpoints = CheckpointFolder.ofRun(options.out());
    int layers = spec.heads().heads().size();
    return checkpoint.isPresent()
        ? RunFolder.reopen(
            options.out(), checkpoints, checkpoint.get().epoch(), layers, learner.stepsPerEpoch())
        : RunFolder.create(
            options.out(), checkpoints, learner.checkpoint(0), layers, learner.stepsPerEpoch());
  }

  private TrainingSummary train(Learner learner, RunFolder folder, Interruption interruption) {
    Epochs epochs = new Epochs(options, data, learner, folder, progress, interruption);
    boolean finished = epochs.run(checkpoint.map(Checkpoint::epoch).orElse(0));
    if (!finished) {
      folder.noteInterruption();
    }
    folder.drawCurves();
    var pictures =
        Evaluation.pictures(
            learner.finder(), data.set().validation(), data.scaled(), options.input().batch());
    if (!pictures.isEmpty()) {
      folder.drawSheet(data.set().classes(), pictures);
    }
    epochs
        .evaluation()
        .filter(e -> e.notFinite() > 0)
        .ifPresent(e -> out.println(e.notFinite() + " predicted boxes were not finite"));
    return new TrainingSummary(
        data.set().classes(),
        epochs.evaluation().map(Evaluation::precision),
        finished,
        folder.files(),
        folder.reports(),
        pictures);
  }

  private void requireWholeCells(LossSpec spec) {
    int largest = spec.heads().heads().stream().mapToInt(Head::stride).max().orElseThrow();
    requireMultiple("--size", List.of(options.input().size()), largest);
    requireMultiple("--multi-scale", options.input().trainingSizes(), largest);
  }

  private static void requireMultiple(String option, List<Integer> sizes, int largest) {
    for (int size : sizes) {
      if (size < largest || size % largest != 0) {
        throw new TrainingException(
            option
                + " is "
                + size
                + "; must be a multiple of the largest stride, "
                + largest
                + ", of the loss");
      }
    }
  }
}
