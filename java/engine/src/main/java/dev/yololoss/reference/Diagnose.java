package dev.yololoss.reference;

import dev.yololoss.DeltaTally;
import dev.yololoss.Diagnostics;
import dev.yololoss.Match;
import dev.yololoss.NonFinite;
import dev.yololoss.Targets;
import dev.yololoss.spec.LossSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The assignment table and the diagnostics of a step. */
final class Diagnose {
  private Diagnose() {}

  static List<Match> matches(
      LossSpec spec, List<HeadValues> heads, Decisions decisions, MatchLosses losses) {
    List<Match> matches = new ArrayList<>();
    for (int row = 0; row < decisions.positives().size(); row++) {
      Positive p = decisions.positives().get(row);
      Grid grid = heads.get(p.layer()).grid();
      boolean replaced =
          switch (spec.collision()) {
            case LAST_WINS, UNITE_CLASSES -> !decisions.layers().get(p.layer()).slots().isLast(p);
            case ACCUMULATE, AVERAGE_BOXES_UNITE_CLASSES, ADD_DELTAS -> false;
          };
      double iou =
          PlainIou.of(
              BoxLoss.frame(spec, DecodeBox.of(spec.decoding(), heads.get(p.layer()), p.slot())),
              p.truth());
      matches.add(
          new Match(
              p.target(),
              p.layer(),
              p.image(),
              grid.anchorOf(p.slot()),
              grid.rowOf(p.slot()),
              grid.columnOf(p.slot()),
              replaced,
              iou,
              losses.box(row),
              losses.objectness(row),
              losses.classes(row)));
    }
    return List.copyOf(matches);
  }

  static Diagnostics of(
      LossSpec spec,
      List<HeadValues> heads,
      Targets targets,
      Decisions decisions,
      List<Match> matches,
      Optional<NonFinite> nonFinite,
      List<DeltaTally> tallies) {
    int slots = decisions.layers().stream().mapToInt(l -> l.slots().size()).sum();
    double[] best = new double[targets.size()];
    for (Match match : matches) {
      best[match.target()] = Math.max(best[match.target()], match.iou());
    }
    Mean onMatches = new Mean();
    Mean elsewhere = new Mean();
    long ignored = 0;
    for (HeadValues head : heads) {
      Decisions.Layer layer = decisions.layers().get(head.grid().layer());
      for (int slot = 0; slot < head.grid().slots(); slot++) {
        if (!layer.skipped()[head.grid().imageOf(slot)]) {
          if (layer.ignored()[slot]) {
            ignored++;
            continue; // the loss does not read it, so its NaN must not show here either
          }
          double objectness = Probability.of(spec.decoding(), head.read(slot, 4));
          (layer.slots().contains(slot) ? onMatches : elsewhere).add(objectness);
        }
      }
    }
    return new Diagnostics(
        matches.size(),
        matches.size() - slots,
        ignored,
        matches.stream().mapToDouble(Match::iou).average().orElse(Double.NaN),
        recall(best, 0.5),
        recall(best, 0.75),
        onMatches.value(),
        elsewhere.value(),
        nonFinite,
        List.copyOf(tallies));
  }

  private static double recall(double[] best, double threshold) {
    double found = 0;
    for (double iou : best) {
      found += iou >= threshold ? 1 : 0;
    }
    return found / best.length;
  }

  private static final class Mean {
    private double sum;
    private long count;

    void add(double value) {
      sum += value;
      count++;
    }

    double value() {
      return sum / count;
    }
  }
}
