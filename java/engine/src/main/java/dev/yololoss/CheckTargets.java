package dev.yololoss;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Applies a {@link TargetPolicy} to a batch's targets before anything is computed. */
final class CheckTargets {
  private final TargetPolicy policy;
  private final int images;
  private final int classes;

  /**
   * Rows fit to compute from, and what was done to get them.
   *
   * @param callersRows where each row stood before others were left out
   */
  record Checked(Targets targets, List<Integer> callersRows, TargetReport report) {
    /** The assignment with targets numbered as the caller numbers them. */
    List<Match> numberedByCaller(List<Match> matches) {
      return report.skipped() == 0
          ? matches
          : matches.stream().map(m -> m.ofTarget(callersRows.get(m.target()))).toList();
    }
  }

  private CheckTargets(TargetPolicy policy, int images, int classes) {
    this.policy = policy;
    this.images = images;
    this.classes = classes;
  }

  static Checked of(Targets targets, TargetPolicy policy, int images, int classes) {
    return new CheckTargets(policy, images, classes).check(targets);
  }

  private Checked check(Targets targets) {
    if (allGood(targets)) {
      return new Checked(targets, List.of(), new TargetReport(targets.size(), 0, 0));
    }
    return checkEach(targets);
  }

  /** The usual case, found out without making anything. */
  private boolean allGood(Targets targets) {
    boolean good = true;
    for (int row = 0; row < targets.size(); row++) {
      double x = targets.centreX(row);
      double y = targets.centreY(row);
      double w = targets.width(row);
      double h = targets.height(row);
      good &= x >= 0 && x <= 1 && y >= 0 && y <= 1;
      good &= w > 0 && w < Double.POSITIVE_INFINITY && h > 0 && h < Double.POSITIVE_INFINITY;
      good &= targets.image(row) >= 0 && targets.image(row) < images;
      good &= targets.category(row) >= 0 && targets.category(row) < classes;
    }
    return good;
  }

  private Checked checkEach(Targets targets) {
    Targets.Builder used = Targets.builder();
    List<Integer> callersRows = new ArrayList<>();
    int clipped = 0;
    int skipped = 0;
    for (int row = 0; row < targets.size(); row++) {
      double x = targets.centreX(row);
      double y = targets.centreY(row);
      boolean outside = !(x >= 0 && x <= 1 && y >= 0 && y <= 1);
      Optional<String> error = errorBesideCentre(targets, row);
      if (error.isEmpty() && outside && policy != TargetPolicy.CLIP) {
        error = Optional.of(x >= 0 && x <= 1 ? centre("cy", y) : centre("cx", x));
      }
      if (error.isPresent() && policy != TargetPolicy.SKIP) {
        throw new TargetException(row, error.get());
      }
      if (error.isPresent()) {
        skipped++;
        continue;
      }
      clipped += outside ? 1 : 0;
      callersRows.add(row);
      used.add(
          targets.image(row),
          targets.category(row),
          Math.clamp(x, 0.0, 1.0),
          Math.clamp(y, 0.0, 1.0),
          targets.width(row),
          targets.height(row));
    }
    Targets rows = used.build();
    return new Checked(rows, callersRows, new TargetReport(rows.size(), clipped, skipped));
  }

  private Optional<String> errorBesideCentre(Targets targets, int row) {
    if (targets.image(row) < 0 || targets.image(row) >= images) {
      return Optional.of("image is " + targets.image(row) + "; allowed are 0.." + (images - 1));
    }
    if (targets.category(row) < 0 || targets.category(row) >= classes) {
      return Optional.of("class is " + targets.category(row) + "; allowed are 0.." + (classes - 1));
    }
    double[] numbers = {
      targets.centreX(row), targets.centreY(row), targets.width(row), targets.height(row)
    };
    String[] names = {"cx", "cy", "w", "h"};
    for (int i = 0; i < numbers.length; i++) {
      if (!Double.isFinite(numbers[i])) {
        return Optional.of(names[i] + " is " + numbers[i] + "; must be finite");
      }
      if (i >= 2 && numbers[i] <= 0) {
        return Optional.of(names[i] + " is " + numbers[i] + "; must be greater than 0");
      }
    }
    return Optional.empty();
  }

  private static String centre(String name, double value) {
    return String.format(Locale.ROOT, "%s is %s; must lie in 0..1", name, value);
  }
}
