package dev.yololoss.trainer.audit;

import dev.yololoss.DecodedBoxes;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossParts;
import dev.yololoss.LossResult;
import dev.yololoss.Match;
import dev.yololoss.NonFiniteException;
import dev.yololoss.TargetException;
import dev.yololoss.Targets;
import dev.yololoss.TensorException;
import dev.yololoss.trainer.data.DataException;
import dev.yololoss.trainer.data.DetectionDataSet;
import dev.yololoss.trainer.data.LabelledBox;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.evaluate.Detection;
import dev.yololoss.trainer.evaluate.NonMaxSuppression;
import dev.yololoss.trainer.evaluate.TruthBox;
import dev.yololoss.trainer.report.ImageProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Computes the loss of each image on its own, so that it does not depend on its neighbours. */
final class Audit {
  private static final double SUPPRESSION_OVERLAP = 0.5;
  private static final int MOST_DETECTIONS = 300;

  private final AuditOptions options;
  private final Map<String, LabelledImage> images = new LinkedHashMap<>();
  private final List<String> classes;
  private final NonMaxSuppression suppression;
  private final Map<String, Path> seen = new HashMap<>();
  private final List<ImageFinding> imageFindings = new ArrayList<>();
  private final List<LabelFinding> labelFindings = new ArrayList<>();
  private final List<MissingLabel> missing = new ArrayList<>();
  private final Map<String, List<Detection>> found = new HashMap<>();
  private int notFinite;

  Audit(AuditOptions options, DetectionDataSet data) {
    this.options = options;
    this.classes = data.classes();
    this.suppression =
        new NonMaxSuppression(options.confidence(), SUPPRESSION_OVERLAP, MOST_DETECTIONS);
    Stream.of(data.training(), data.validation(), data.heldOut())
        .flatMap(List::stream)
        .forEach(image -> images.put(image.name(), image));
  }

  /**
   * How many images are in the files.
   *
   * @throws DataException if a file cannot be used
   */
  int images() {
    int images = 0;
    for (Path path : options.predictions()) {
      try (PredictionFile file = PredictionFile.open(path, options.spec())) {
        images += file.images().size();
      }
    }
    return images;
  }

  /**
   * Reads all files.
   *
   * @throws DataException if a file cannot be used, or does not fit the data
   */
  Findings run(ImageProgress progress) {
    for (Path path : options.predictions()) {
      try (PredictionFile file = PredictionFile.open(path, options.spec())) {
        file.requireClasses(classes);
        requireFrame(file);
        try (LossEngine engine = LossEngine.open(file.spec(), options.backend())) {
          for (int image = 0; image < file.images().size(); image++) {
            audit(file, image, engine);
            progress.done(imageFindings.size());
          }
        }
      }
    }
    return new Findings(
        imageFindings.stream().sorted(ImageFinding.WORST_FIRST).toList(),
        labelFindings.stream().sorted(LabelFinding.WORST_FIRST).toList(),
        missing.stream().sorted(MissingLabel.SUREST_FIRST).toList(),
        found,
        notFinite);
  }

  private void requireFrame(PredictionFile file) {
    if (options.fit() == Fit.LETTERBOX && file.width() != file.height()) {
      throw new DataException(
          "%s: is for inputs of %d x %d pixels; a letterbox is square: say --fit stretch if the images were stretched"
              .formatted(file.path(), file.width(), file.height()));
    }
  }

  private void audit(PredictionFile file, int number, LossEngine engine) {
    LabelledImage image = image(file, number);
    Frame frame = new Frame(image, file.width(), file.height(), options.fit());
    List<HeadTensor> heads = file.heads(number);
    List<Integer> rows = new ArrayList<>();
    Targets targets = targets(frame, rows);
    try {
      LossResult result = engine.value(heads, targets);
      LossParts loss = result.parts();
      Map<Integer, List<Match>> matches = new HashMap<>();
      result
          .matches()
          .forEach(m -> matches.computeIfAbsent(m.target(), t -> new ArrayList<>()).add(m));
      var outcome = suppression.suppress(candidates(engine.decode(heads), frame));
      notFinite += outcome.notFinite();
      collect(image, loss, rows, matches, outcome.kept());
    } catch (NonFiniteException | TargetException | TensorException e) {
      throw new DataException(
          file.path() + ": image " + number + ", " + image.name() + ": " + e.getMessage(), e);
    }
  }

  private LabelledImage image(PredictionFile file, int number) {
    String name = file.images().get(number);
    LabelledImage image = images.get(name);
    if (image == null) {
      throw new DataException(
          "%s: image %d is called \"%s\"; %s has no such image, but for example %s"
              .formatted(
                  file.path(),
                  number,
                  name,
                  options.data(),
                  images.keySet().stream().limit(3).toList()));
    }
    Path before = seen.putIfAbsent(name, file.path());
    if (before != null) {
      throw new DataException(
          "%s: image %d, \"%s\", was in %s already".formatted(file.path(), number, name, before));
    }
    return image;
  }

  /**
   * @param rows collects where each target stands among the image's labels
   */
  private static Targets targets(Frame frame, List<Integer> rows) {
    Targets.Builder targets = Targets.builder();
    List<LabelledBox> boxes = frame.image().boxes();
    for (int row = 0; row < boxes.size(); row++) {
      if (!boxes.get(row).ignored()) {
        LabelledBox box = frame.toNetwork(boxes.get(row));
        targets.add(0, box.category(), box.centreX(), box.centreY(), box.width(), box.height());
        rows.add(row);
      }
    }
    return targets.build();
  }

  private List<Detection> candidates(DecodedBoxes boxes, Frame frame) {
    List<Detection> candidates = new ArrayList<>();
    for (int box = 0; box < boxes.boxes(); box++) {
      for (int category = 0; category < boxes.classes(); category++) {
        double score = boxes.objectness(0, box) * boxes.probability(0, box, category);
        if (!(score < options.confidence())) { // NaN goes on, to be counted
          double halfWidth = boxes.width(0, box) / 2;
          double halfHeight = boxes.height(0, box) / 2;
          candidates.add(
              frame.toImage(
                  category,
                  score,
                  boxes.centreX(0, box) - halfWidth,
                  boxes.centreY(0, box) - halfHeight,
                  boxes.centreX(0, box) + halfWidth,
                  boxes.centreY(0, box) + halfHeight));
        }
      }
    }
    return candidates;
  }

  private void collect(
      LabelledImage image,
      LossParts loss,
      List<Integer> rows,
      Map<Integer, List<Match>> matches,
      List<Detection> sure) {
    List<TruthBox> truths = image.boxes().stream().map(box -> truth(image, box)).toList();
    int unmatched = 0;
    for (int target = 0; target < rows.size(); target++) {
      int row = rows.get(target);
      List<Match> own = matches.getOrDefault(target, List.of());
      LabelFinding label = LabelFinding.of(image, row, truths.get(row), own, sure);
      unmatched += label.isMatched() ? 0 : 1;
      labelFindings.add(label);
    }
    List<MissingLabel> unexplained = MissingLabel.in(image, sure, truths, options.overlap());
    missing.addAll(unexplained);
    imageFindings.add(new ImageFinding(image, loss, rows.size(), unmatched, unexplained.size()));
    found.put(image.name(), sure);
  }

  private static TruthBox truth(LabelledImage image, LabelledBox box) {
    return new TruthBox(
        box.category(),
        box.left() * image.width(),
        box.top() * image.height(),
        box.right() * image.width(),
        box.bottom() * image.height(),
        box.ignored());
  }
}
