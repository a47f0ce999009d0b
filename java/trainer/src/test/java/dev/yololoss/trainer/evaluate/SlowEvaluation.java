package dev.yololoss.trainer.evaluate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Average precision a second time, from the rules' text alone and slowly: one global list of
 * detections, matched anew for every class and threshold, and the best precision searched for at
 * every recall. A planted {@link Fault} makes it wrong in one known way.
 */
final class SlowEvaluation {
  /** One image of a random set. */
  record Scene(List<Detection> detections, List<TruthBox> truths) {}

  /** Ways to be wrong; a comparison that does not see each of them sees nothing. */
  enum Fault {
    NONE,
    LOOSER_THRESHOLD,
    OVERLAP_ABOVE_NOT_AT_THRESHOLD,
    DUPLICATES_ARE_HITS,
    IGNORED_TRUTHS_COUNT,
    DETECTIONS_ON_IGNORED_ARE_FALSE,
    FIRST_TRUTH_NOT_BEST,
    TIES_BACKWARDS,
    NO_ENVELOPE,
    NO_LIMIT_PER_IMAGE,
    CLASSES_CONFUSED,
    RECALL_ZERO_LEFT_OUT
  }

  private record Placed(int image, int position, Detection detection) {}

  private record Step(int hits, int seen) {
    double precision() {
      return (double) hits / seen;
    }
  }

  private final List<Scene> scenes;
  private final Fault fault;

  SlowEvaluation(List<Scene> scenes, Fault fault) {
    this.scenes = scenes;
    this.fault = fault;
  }

  /** The average at one threshold, given in hundredths, from {@code points} recalls. */
  double average(int category, int hundredths, int points) {
    int toFind = toFind(category);
    if (toFind == 0) {
      return Double.NaN;
    }
    List<Step> steps = steps(category, hundredths);
    double sum = 0;
    for (int k = fault == Fault.RECALL_ZERO_LEFT_OUT ? 1 : 0; k < points; k++) {
      sum += bestPrecision(steps, k, points - 1, toFind);
    }
    return sum / points;
  }

  /** The mean of the averages at 50, 55, ... 95 hundredths. */
  double averageOverThresholds(int category) {
    double sum = 0;
    for (int hundredths = 50; hundredths <= 95; hundredths += 5) {
      sum += average(category, hundredths, 101);
    }
    return sum / 10;
  }

  /** The area below the best precision, summed over the recalls that exist: 1/n, 2/n, ... */
  double area(int category, int hundredths) {
    int toFind = toFind(category);
    if (toFind == 0) {
      return Double.NaN;
    }
    List<Step> steps = steps(category, hundredths);
    double sum = 0;
    for (int found = 1; found <= toFind; found++) {
      sum += bestPrecision(steps, found, toFind, toFind);
    }
    return sum / toFind;
  }

  private int toFind(int category) {
    int count = 0;
    for (Scene scene : scenes) {
      for (TruthBox truth : scene.truths()) {
        boolean counts = !truth.ignored() || fault == Fault.IGNORED_TRUTHS_COUNT;
        count += truth.category() == category && counts ? 1 : 0;
      }
    }
    return count;
  }

  /** The best precision at recall {@code numerator / denominator} or more. */
  private double bestPrecision(List<Step> steps, int numerator, int denominator, int toFind) {
    double best = 0;
    for (Step step : steps) {
      if (step.hits() * denominator >= numerator * toFind) {
        if (fault == Fault.NO_ENVELOPE) {
          return step.precision();
        }
        best = Math.max(best, step.precision());
      }
    }
    return best;
  }

  private List<Step> steps(int category, int hundredths) {
    Set<TruthBox> gone = new HashSet<>();
    List<Step> steps = new ArrayList<>();
    int hits = 0;
    int seen = 0;
    for (Placed placed : ranked()) {
      if (placed.detection().category() != category) {
        continue;
      }
      TruthBox match = match(placed, hundredths, gone);
      if (match != null && match.ignored()) {
        continue;
      }
      seen++;
      if (match != null) {
        hits++;
        if (fault != Fault.DUPLICATES_ARE_HITS) {
          gone.add(match);
        }
      }
      steps.add(new Step(hits, seen));
    }
    return steps;
  }

  /** Detections of all images, surest first; each image contributes its hundred surest. */
  private List<Placed> ranked() {
    Comparator<Placed> byScore = Comparator.comparing(p -> -p.detection().score());
    Comparator<Placed> byArrival =
        Comparator.comparing(Placed::image).thenComparing(Placed::position);
    Comparator<Placed> order =
        byScore.thenComparing(fault == Fault.TIES_BACKWARDS ? byArrival.reversed() : byArrival);
    Set<Placed> all = new TreeSet<>(order);
    for (int image = 0; image < scenes.size(); image++) {
      List<Detection> detections = scenes.get(image).detections();
      TreeSet<Placed> ofImage = new TreeSet<>(order);
      for (int position = 0; position < detections.size(); position++) {
        ofImage.add(new Placed(image, position, detections.get(position)));
      }
      while (ofImage.size() > 100 && fault != Fault.NO_LIMIT_PER_IMAGE) {
        ofImage.pollLast();
      }
      all.addAll(ofImage);
    }
    return List.copyOf(all);
  }

  /** The truth a detection takes, an ignored one if there is no other, or null. */
  private TruthBox match(Placed placed, int hundredths, Set<TruthBox> gone) {
    TruthBox best = null;
    TruthBox excuse = null;
    for (TruthBox truth : scenes.get(placed.image()).truths()) {
      boolean sameClass = truth.category() == placed.detection().category();
      if (!(sameClass || fault == Fault.CLASSES_CONFUSED)
          || !reaches(placed.detection(), truth, hundredths)) {
        continue;
      }
      if (truth.ignored()) {
        excuse = fault == Fault.DETECTIONS_ON_IGNORED_ARE_FALSE ? null : truth;
      } else if (!gone.contains(truth)) {
        boolean better =
            best == null || overlap(placed.detection(), truth) >= overlap(placed.detection(), best);
        best = fault == Fault.FIRST_TRUTH_NOT_BEST && best != null || !better ? best : truth;
      }
    }
    return best != null ? best : excuse;
  }

  private boolean reaches(Detection detection, TruthBox truth, int hundredths) {
    int asked = fault == Fault.LOOSER_THRESHOLD ? hundredths - 5 : hundredths;
    // The random sets lie on whole pixels, so both sides of the comparison are whole numbers.
    double shared = 100 * shared(detection, truth);
    double wanted = asked * union(detection, truth);
    return fault == Fault.OVERLAP_ABOVE_NOT_AT_THRESHOLD ? shared > wanted : shared >= wanted;
  }

  private static double overlap(Detection detection, TruthBox truth) {
    return shared(detection, truth) / union(detection, truth);
  }

  private static double shared(Detection detection, TruthBox truth) {
    double left = Math.max(detection.left(), truth.left());
    double top = Math.max(detection.top(), truth.top());
    double right = Math.min(detection.right(), truth.right());
    double bottom = Math.min(detection.bottom(), truth.bottom());
    return right <= left || bottom <= top ? 0 : (right - left) * (bottom - top);
  }

  private static double union(Detection detection, TruthBox truth) {
    return (detection.right() - detection.left()) * (detection.bottom() - detection.top())
        + (truth.right() - truth.left()) * (truth.bottom() - truth.top())
        - shared(detection, truth);
  }
}
