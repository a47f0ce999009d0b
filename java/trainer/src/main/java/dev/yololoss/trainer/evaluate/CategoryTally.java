package dev.yololoss.trainer.evaluate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** What has been seen of one class so far. */
final class CategoryTally {
  private static final int COCO_POINTS = 101;
  private static final int VOC07_POINTS = 11;

  private final List<MatchedDetection> matched = new ArrayList<>();
  private int truths;
  private int ignoredTruths;

  /** Adds one image; the detections come surest first, all boxes are of this class. */
  void add(List<Detection> detections, List<TruthBox> boxes) {
    matched.addAll(new Matching(detections, boxes).atAllThresholds());
    int ignored = (int) boxes.stream().filter(TruthBox::ignored).count();
    ignoredTruths += ignored;
    truths += boxes.size() - ignored;
  }

  CategoryPrecision precision(int category) {
    int hits50 = (int) matched.stream().filter(d -> d.isHit(0)).count();
    int ignored50 = (int) matched.stream().filter(d -> d.isIgnored(0)).count();
    double at50 = Double.NaN;
    double at50To95 = Double.NaN;
    double voc07 = Double.NaN;
    double voc10 = Double.NaN;
    if (truths > 0) {
      List<PrecisionRecall> curves = curves();
      at50 = curves.getFirst().interpolated(COCO_POINTS);
      at50To95 =
          curves.stream().mapToDouble(c -> c.interpolated(COCO_POINTS)).average().orElseThrow();
      voc07 = curves.getFirst().interpolated(VOC07_POINTS);
      voc10 = curves.getFirst().area();
    }
    return new CategoryPrecision(
        category,
        truths,
        ignoredTruths,
        matched.size(),
        hits50,
        ignored50,
        at50,
        at50To95,
        voc07,
        voc10);
  }

  /** A point per detection, surest first; empty without truths. */
  List<PrecisionCurves.Point> curve50() {
    List<PrecisionCurves.Point> points = new ArrayList<>();
    int counted = 0;
    int hits = 0;
    for (MatchedDetection detection : truths > 0 ? ranked() : List.<MatchedDetection>of()) {
      if (!detection.isIgnored(0)) {
        counted++;
        hits += detection.isHit(0) ? 1 : 0;
        points.add(
            new PrecisionCurves.Point(
                detection.score(), (double) hits / truths, (double) hits / counted));
      }
    }
    return points;
  }

  /** One curve per threshold. */
  private List<PrecisionRecall> curves() {
    List<MatchedDetection> ranked = ranked();
    return IntStream.range(0, IoUThresholds.COUNT)
        .mapToObj(threshold -> new PrecisionRecall(ranked, threshold, truths))
        .toList();
  }

  /** Surest first; detections of equal score stay in the order they were added. */
  private List<MatchedDetection> ranked() {
    return matched.stream()
        .sorted(Comparator.comparingDouble(MatchedDetection::score).reversed())
        .toList();
  }
}
