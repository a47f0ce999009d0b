package dev.yololoss.trainer.train;

import dev.yololoss.EngineOptions;
import dev.yololoss.djl.LossStep;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.trainer.data.DetectionDataSet;
import dev.yololoss.trainer.data.GeneratedShapes;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.data.ScaledImages;
import dev.yololoss.trainer.evaluate.AveragePrecision;
import dev.yololoss.trainer.report.EvaluationCsv;
import dev.yololoss.trainer.report.ImageProgress;
import dev.yololoss.trainer.report.PrecisionRecallChart;
import dev.yololoss.trainer.report.PrecisionTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Measures a trained network at one or several sizes of its input. */
public final class EvaluationRun {
  private static final long NO_MEMORY = 0;

  private final EvaluationOptions options;
  private final SavedRun saved;
  private final DetectionDataSet data;
  private final PrintWriter out;
  private final List<Path> written = new ArrayList<>();

  private EvaluationRun(
      EvaluationOptions options, SavedRun saved, DetectionDataSet data, PrintWriter out) {
    this.options = options;
    this.saved = saved;
    this.data = data;
    this.out = out;
  }

  /**
   * Evaluates, prints a table for each size, and writes {@code evaluation.csv} and {@code
   * precision-recall-SIZE.png}. Classes are decoded by sigmoid, or by softmax if the loss trains
   * them so.
   *
   * @param out for people
   * @return by size
   * @throws dev.yololoss.trainer.checkpoint.CheckpointException if there is no good checkpoint
   * @throws TrainingException if the classes, the part or a size do not fit, or the folder for
   *     predictions is not empty
   * @throws dev.yololoss.trainer.data.DataException if the data cannot be read
   */
  public static SortedMap<Integer, AveragePrecision> run(
      EvaluationOptions options, PrintWriter out) {
    SavedRun saved = SavedRun.at(options.run());
    saved.notes().forEach(out::println);
    Optional<Path> folder = options.data().or(() -> saved.options().data());
    long seed = saved.options().splitSeed();
    DetectionDataSet data =
        folder.isPresent()
            ? DetectionDataSet.read(folder.get(), seed)
            : GeneratedShapes.standard(seed).dataSet();
    return run(options, saved, data, out);
  }

  static SortedMap<Integer, AveragePrecision> run(
      EvaluationOptions options, SavedRun saved, DetectionDataSet data, PrintWriter out) {
    saved.requireSameClasses(data);
    return new EvaluationRun(options, saved, data, out).run();
  }

  private SortedMap<Integer, AveragePrecision> run() {
    List<LabelledImage> images = options.part().of(data);
    String part = options.part().name().toLowerCase(Locale.ROOT);
    if (images.isEmpty()) {
      throw new TrainingException("--part " + part + ": " + data.name() + " has no such images");
    }
    LossSpec spec = LossSpec.fromJson(saved.checkpoint().spec());
    List<Integer> sizes =
        options.sizes().isEmpty() ? List.of(saved.options().input().size()) : options.sizes();
    requireWholeCells(spec, sizes);
    out.printf(
        Locale.ROOT,
        "%s after epoch %d, %s, on %d %s images of %s%n",
        saved.file(),
        saved.checkpoint().epoch(),
        spec.preset().id(),
        images.size(),
        part,
        data.name());
    Optional<HeadFiles> heads = predictions(spec, sizes);
    PyTorch.start();
    SortedMap<Integer, AveragePrecision> found = new TreeMap<>();
    try (LossStep loss = LossStep.open(spec, EngineOptions.on(options.backend()));
        Detector detector =
            Detector.initialised(
                spec,
                saved.options().network().headType(),
                saved.options().input().size(),
                saved.options().seed())) {
      detector.load(saved.checkpoint().model());
      for (int size : sizes) {
        found.put(size, at(size, images, new FindObjects(detector, loss, heads)));
      }
    }
    leave(found, heads);
    return found;
  }

  private Optional<HeadFiles> predictions(LossSpec spec, List<Integer> sizes) {
    if (options.predictions().isPresent() && sizes.size() > 1) {
      throw new TrainingException(
          "--predictions goes with one size; --sizes has " + sizes.size() + ": " + sizes);
    }
    return options.predictions().map(folder -> HeadFiles.in(folder, spec, data.classes()));
  }

  private static void requireWholeCells(LossSpec spec, List<Integer> sizes) {
    int largest = spec.heads().heads().stream().mapToInt(Head::stride).max().orElseThrow();
    for (int size : sizes) {
      if (size < largest || size % largest != 0) {
        throw new TrainingException(
            "--sizes has "
                + size
                + "; must be multiples of the largest stride, "
                + largest
                + ", of the loss");
      }
    }
  }

  private AveragePrecision at(int size, List<LabelledImage> images, FindObjects finder) {
    Evaluation evaluation;
    try (ImageProgress progress = ImageProgress.onStandardOutput("size " + size, images.size())) {
      evaluation =
          Evaluation.of(
              finder,
              images,
              new ScaledImages(size, NO_MEMORY),
              options.batch().orElse(saved.options().input().batch()),
              data.classes().size(),
              progress::done);
    }
    out.printf(Locale.ROOT, "%nsize %d%n", size);
    PrecisionTable.print(out, data.classes(), evaluation.precision());
    if (evaluation.notFinite() > 0) {
      out.println(evaluation.notFinite() + " predicted boxes were not finite");
    }
    out.flush();
    Path file = options.out().resolve("precision-recall-" + size + ".png");
    attempt(
        () -> {
          Files.createDirectories(options.out());
          PrecisionRecallChart.write(
                  file, "Precision at size " + size, data.classes(), evaluation.curves())
              .ifPresent(written::add);
        });
    return evaluation.precision();
  }

  private void leave(SortedMap<Integer, AveragePrecision> found, Optional<HeadFiles> heads) {
    attempt(
        () ->
            written.add(
                EvaluationCsv.write(
                    options.out().resolve("evaluation.csv"), data.classes(), found)));
    if (found.size() > 1) {
      out.printf(Locale.ROOT, "%n%4s  %6s  %9s  %6s%n", "size", "mAP@.5", "mAP.5:.95", "VOC07");
      found.forEach(
          (size, p) ->
              out.println(
                  String.format(
                      Locale.ROOT,
                      "%4d  %6.4f  %9.4f  %6.4f",
                      size,
                      p.map50(),
                      p.map50To95(),
                      p.mapVoc07())));
    }
    out.println();
    written.forEach(file -> out.println("wrote " + file));
    heads.ifPresent(
        files ->
            out.printf(
                "wrote %s: raw heads for \"audit\", %d files%n", files.folder(), files.count()));
    out.flush();
  }

  private interface Attempt {
    void run() throws IOException;
  }

  private static void attempt(Attempt attempt) {
    try {
      attempt.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
