package dev.yololoss.trainer.audit;

import dev.yololoss.trainer.data.LabelledImage;
import dev.yololoss.trainer.evaluate.Detection;
import dev.yololoss.trainer.evaluate.TruthBox;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A confident prediction that no label explains.
 *
 * @param kind what is wrong there, if the prediction is right
 * @param iou with the nearest label of any class
 */
record MissingLabel(LabelledImage image, Detection detection, Kind kind, double iou) {
  static final Comparator<MissingLabel> SUREST_FIRST =
      Comparator.<MissingLabel>comparingDouble(m -> m.detection().score()).reversed();

  /** What may be wrong. */
  enum Kind {
    /** Nothing is labelled there. */
    NO_LABEL,
    /** What is labelled there is of another class. */
    OTHER_CLASS;

    String words() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /**
   * Those of one image. A label explains predictions of its class; an ignored one explains all.
   *
   * @param overlap a label lies where a prediction is from this IoU on
   */
  static List<MissingLabel> in(
      LabelledImage image, List<Detection> found, List<TruthBox> labels, double overlap) {
    List<MissingLabel> missing = new ArrayList<>();
    for (Detection detection : found) {
      List<TruthBox> there =
          labels.stream().filter(label -> detection.iou(label) >= overlap).toList();
      boolean explained =
          there.stream()
              .anyMatch(label -> label.ignored() || label.category() == detection.category());
      if (!explained) {
        double iou = labels.stream().mapToDouble(label -> detection.iou(label)).max().orElse(0);
        Kind kind = there.isEmpty() ? Kind.NO_LABEL : Kind.OTHER_CLASS;
        missing.add(new MissingLabel(image, detection, kind, iou));
      }
    }
    return missing;
  }
}
