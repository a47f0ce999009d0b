package dev.yololoss.reference;

import dev.yololoss.DeltaTally;
import dev.yololoss.Targets;
import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Overlap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * AlexeyAB/darknet's yolo layer ({@code src/yolo_layer.c forward_yolo_layer}, commit 59596d7): the
 * deltas that it adds to the network's, and the cost that it prints. The gradient is minus the
 * delta; it is not the derivative of the cost.
 *
 * <p>Per image, every slot first, then every target in order; several targets on a slot see each
 * other's deltas.
 */
final class DarknetDeltas {
  private final LossSpec spec;
  private final HeadValues head;
  private final Grid grid;
  private final Targets targets;
  private final Decisions decisions;
  private final MatchLosses losses;
  private final double[] objectness;
  private final Map<Integer, double[]> boxes = new HashMap<>();
  private final Map<Integer, double[]> classes = new HashMap<>();
  private final List<Match> matches = new ArrayList<>();
  private int boxesWritten;
  private int boxesRewritten;

  private record Match(int image, double iou, double giou) {}

  private DarknetDeltas(
      LossSpec spec, HeadValues head, Targets targets, Decisions decisions, MatchLosses losses) {
    this.spec = spec;
    this.head = head;
    this.grid = head.grid();
    this.targets = targets;
    this.decisions = decisions;
    this.losses = losses;
    this.objectness = new double[grid.slots()];
  }

  /** The step's deltas as gradients and its cost as shares; the tallies come layer by layer. */
  static Evaluate.Outcome of(
      LossSpec spec,
      List<HeadValues> heads,
      Targets targets,
      Decisions decisions,
      List<DeltaTally> tallies) {
    Ledger ledger = new Ledger(heads.stream().map(HeadValues::grid).toList());
    MatchLosses losses = new MatchLosses(decisions.positives().size());
    for (HeadValues head : heads) {
      DarknetDeltas deltas = new DarknetDeltas(spec, head, targets, decisions, losses);
      for (int image = 0; image < head.grid().images(); image++) {
        deltas.everySlot(image);
        deltas.everyTarget(image);
      }
      tallies.add(deltas.settle(ledger));
    }
    return new Evaluate.Outcome(ledger, losses);
  }

  private void everySlot(int image) {
    int[] rows = targets.rowsOf(image);
    int first = image * grid.slotsPerImage();
    for (int slot = first; slot < first + grid.slotsPerImage(); slot++) {
      double o = objectnessOf(slot);
      objectness[slot] = objectnessDelta(0, o);
      if (rows.length > 0) {
        compareWithTargets(slot, rows, o);
      }
    }
  }

  /**
   * The ignore rule, and {@code truth_thresh}: a prediction that overlaps a target this much is a
   * match of it.
   */
  private void compareWithTargets(int slot, int[] rows, double o) {
    Box predicted = DecodeBox.of(spec.decoding(), head, slot).box();
    double best = 0;
    int bestRow = -1;
    for (int row : rows) {
      double iou = PlainIou.of(predicted, truth(row));
      if (iou > best) {
        best = iou;
        bestRow = row;
      }
    }
    boolean smooth = spec.objectness().smooth();
    if (best > spec.ignore().threshold() && SearchIgnored.anyProbableClass(spec, head, slot)) {
      objectness[slot] = smooth ? objectnessDelta(best, o) : 0;
    }
    if (best > spec.ignore().truthThreshold()) {
      objectness[slot] = objectnessDelta(smooth ? best * best : 1, o);
      int category = targets.category(bestRow);
      writeClasses(slot, category);
      if (smooth) {
        classes.get(slot)[category] = best * best - probability(slot, category);
      }
      writeBox(slot, truth(bestRow));
    }
  }

  private void everyTarget(int image) {
    for (int row = 0; row < decisions.positives().size(); row++) {
      Positive positive = decisions.positives().get(row);
      if (positive.layer() == grid.layer() && positive.image() == image) {
        assign(row, positive);
      }
    }
    if (spec.assignment().extraIou() < 1) {
      averageBoxes(image);
    }
  }

  private void assign(int row, Positive positive) {
    int slot = positive.slot();
    Box predicted = DecodeBox.of(spec.decoding(), head, slot).box();
    Match match =
        new Match(
            positive.image(),
            PlainIou.of(predicted, positive.truth()),
            DarknetOverlap.value(Overlap.GIOU, predicted, positive.truth()));
    matches.add(match);
    double[] box = writeBox(slot, positive.truth());
    if (!spec.objectness().smooth() || objectness[slot] == 0) {
      objectness[slot] = objectnessDelta(1, objectnessOf(slot));
    }
    writeClasses(slot, positive.category());
    losses.box(
        row,
        spec.box().kind() == BoxTerm.Kind.SQUARED_ERROR_DARKNET ? squares(box) : 1 - match.iou);
    losses.objectness(row, objectness[slot] * objectness[slot]);
    losses.classes(row, squares(classes.get(slot)));
  }

  /**
   * With {@code iou_thresh} the box deltas are shared among the classes that the slot is asked for.
   */
  private void averageBoxes(int image) {
    for (Map.Entry<Integer, double[]> entry : boxes.entrySet()) {
      int slot = entry.getKey();
      if (grid.imageOf(slot) == image && objectness[slot] != 0) {
        long asked = Arrays.stream(classes.get(slot)).filter(d -> d > 0).count();
        if (asked > 0) {
          Arrays.setAll(entry.getValue(), i -> entry.getValue()[i] / asked);
        }
      }
    }
  }

  private double[] writeBox(int slot, Box truth) {
    double[] sum = boxes.computeIfAbsent(slot, s -> new double[4]);
    boxesWritten++;
    boxesRewritten += Arrays.stream(sum).anyMatch(d -> d != 0) ? 1 : 0;
    double[] delta = DarknetBoxRule.delta(spec, head, slot, truth);
    double most =
        spec.box().kind() == BoxTerm.Kind.SQUARED_ERROR_DARKNET
            ? Double.POSITIVE_INFINITY
            : spec.box().maxDelta();
    for (int i = 0; i < 4; i++) {
      delta[i] = Math.max(-most, Math.min(delta[i], most));
      sum[i] += delta[i];
    }
    return delta;
  }

  private void writeClasses(int slot, int category) {
    double[] probabilities = new double[spec.classes()];
    Arrays.setAll(probabilities, c -> probability(slot, c));
    DarknetClassRule.write(
        spec,
        classes.computeIfAbsent(slot, s -> new double[spec.classes()]),
        probabilities,
        category);
  }

  /** Turns deltas into gradients and the cost (show_details 1) into shares. */
  private DeltaTally settle(Ledger ledger) {
    boolean squared = spec.box().kind() == BoxTerm.Kind.SQUARED_ERROR_DARKNET;
    double objectnessFactor = squared ? 1 : spec.objectness().weight();
    int layer = grid.layer();
    double objectnessSquares = 0;
    double boxSquares = 0;
    double classSquares = 0;
    for (int slot = 0; slot < objectness.length; slot++) {
      double square = objectness[slot] * objectness[slot];
      objectnessSquares += square;
      ledger.objectnessSlope(layer, slot, -objectness[slot]);
      ledger.share(Ledger.Part.OBJECTNESS, layer, grid.imageOf(slot), objectnessFactor * square);
    }
    for (int slot : boxes.keySet().stream().sorted().toList()) {
      int image = grid.imageOf(slot);
      boxSquares += settle(ledger, slot, 0, boxes.get(slot));
      double square = settle(ledger, slot, 5, classes.get(slot));
      classSquares += square;
      ledger.share(Ledger.Part.CLASSIFICATION, layer, image, objectnessFactor * square);
      if (squared) {
        ledger.share(Ledger.Part.BOX, layer, image, squares(boxes.get(slot)));
      }
    }
    double iouLoss = 0;
    double giouLoss = 0;
    double iou = 0;
    for (Match match : matches) {
      iou += match.iou;
      iouLoss += 1 - match.iou;
      giouLoss += 1 - match.giou;
      if (!squared) {
        double loss =
            spec.box().kind() == BoxTerm.Kind.ONE_MINUS_GIOU ? 1 - match.giou : 1 - match.iou;
        ledger.share(
            Ledger.Part.BOX, layer, match.image, spec.box().weight() * loss / matches.size());
      }
    }
    return new DeltaTally(
        iou,
        iouLoss,
        giouLoss,
        matches.size(),
        boxesWritten,
        boxesRewritten,
        boxSquares,
        objectnessSquares,
        classSquares);
  }

  private double settle(Ledger ledger, int slot, int firstAttribute, double[] delta) {
    for (int i = 0; i < delta.length; i++) {
      ledger.slope(grid.layer(), slot, firstAttribute + i, -delta[i]);
    }
    return squares(delta);
  }

  private double objectnessDelta(double asked, double o) {
    return spec.objectness().weight() * (asked - o);
  }

  private double objectnessOf(int slot) {
    return Probability.of(spec.decoding(), head.read(slot, 4));
  }

  private double probability(int slot, int category) {
    return Probability.of(spec.decoding(), head.read(slot, 5 + category));
  }

  private Box truth(int row) {
    return grid.target(
        targets.centreX(row), targets.centreY(row), targets.width(row), targets.height(row));
  }

  private static double squares(double[] values) {
    return Arrays.stream(values).map(d -> d * d).sum();
  }
}
