package dev.yololoss.trainer.train;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.yololoss.DecodedBoxes;
import dev.yololoss.djl.LossStep;
import dev.yololoss.trainer.data.Batch;
import dev.yololoss.trainer.data.LabelledBox;
import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.data.Letterbox;
import dev.yololoss.trainer.evaluate.Detection;
import dev.yololoss.trainer.evaluate.NonMaxSuppression;
import dev.yololoss.trainer.evaluate.TruthBox;
import dev.yololoss.trainer.report.Picture;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the network finds in pictures, in pixels of the original image.
 *
 * @param files where its raw heads are kept, if they are
 */
record FindObjects(Detector detector, LossStep loss, Optional<HeadFiles> files) {
  private static final double LEAST_SCORE = 0.01;
  private static final double DRAWN_SCORE = 0.3;
  private static final NonMaxSuppression SUPPRESSION = new NonMaxSuppression(LEAST_SCORE, 0.5, 100);

  /**
   * What was found in one image and what is there.
   *
   * @param notFinite boxes dropped because the network gave NaN or infinity
   */
  record Found(
      LabelledImage image, List<Detection> detections, List<TruthBox> truths, int notFinite) {
    /** With the surer of the boxes. */
    Picture picture() {
      return new Picture(
          image.source().decode().toBufferedImage(),
          image.name(),
          detections.stream().filter(d -> d.score() >= DRAWN_SCORE).toList(),
          truths);
    }
  }

  FindObjects(Detector detector, LossStep loss) {
    this(detector, loss, Optional.empty());
  }

  /** One entry per image of the batch. */
  List<Found> in(Batch batch) {
    try (NDManager step = detector.newStep()) {
      NDList heads = detector.predict(step, batch);
      files.ifPresent(f -> f.add(batch, heads));
      DecodedBoxes boxes = loss.decode(heads);
      List<Found> found = new ArrayList<>();
      for (int image = 0; image < batch.images(); image++) {
        LabelledImage source = batch.sources().get(image);
        var outcome = SUPPRESSION.suppress(candidates(boxes, image, source, batch.size()));
        found.add(new Found(source, outcome.kept(), truths(source), outcome.notFinite()));
      }
      return found;
    }
  }

  private static List<Detection> candidates(
      DecodedBoxes boxes, int image, LabelledImage source, int size) {
    Letterbox letterbox = new Letterbox(source.width(), source.height(), size);
    List<Detection> candidates = new ArrayList<>();
    for (int box = 0; box < boxes.boxes(); box++) {
      double objectness = boxes.objectness(image, box);
      if (objectness < LEAST_SCORE) {
        continue;
      }
      for (int category = 0; category < boxes.classes(); category++) {
        double score = objectness * boxes.probability(image, box, category);
        if (!(score < LEAST_SCORE)) { // NaN goes on, to be counted
          candidates.add(detection(boxes, image, box, category, score, letterbox));
        }
      }
    }
    return candidates;
  }

  private static Detection detection(
      DecodedBoxes boxes, int image, int box, int category, double score, Letterbox letterbox) {
    double halfWidth = boxes.width(image, box) / 2;
    double halfHeight = boxes.height(image, box) / 2;
    Detection whole =
        new Detection(
            category,
            score,
            letterbox.toImageX(boxes.centreX(image, box) - halfWidth),
            letterbox.toImageY(boxes.centreY(image, box) - halfHeight),
            letterbox.toImageX(boxes.centreX(image, box) + halfWidth),
            letterbox.toImageY(boxes.centreY(image, box) + halfHeight));
    return whole.isFinite() ? cut(whole, letterbox.imageWidth(), letterbox.imageHeight()) : whole;
  }

  /** Nothing is labelled outside the picture. */
  private static Detection cut(Detection box, int width, int height) {
    return new Detection(
        box.category(),
        box.score(),
        Math.clamp(box.left(), 0, width),
        Math.clamp(box.top(), 0, height),
        Math.clamp(box.right(), 0, width),
        Math.clamp(box.bottom(), 0, height));
  }

  private static List<TruthBox> truths(LabelledImage image) {
    return image.boxes().stream().map(box -> truth(image, box)).toList();
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
