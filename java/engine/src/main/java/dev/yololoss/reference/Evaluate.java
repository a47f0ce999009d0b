package dev.yololoss.reference;

import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.Collision;
import dev.yololoss.spec.GradientMode;
import dev.yololoss.spec.LossSpec;
import java.util.BitSet;
import java.util.List;

/**
 * Adds up the terms of a loss and their derivatives under given decisions.
 *
 * <p>With the decisions fixed this is a differentiable function of the raw outputs (but for the
 * kinks of max and min), and with {@link GradientMode#EXACT} the gradient entered is its
 * derivative.
 */
final class Evaluate {
  private final LossSpec spec;
  private final List<HeadValues> heads;
  private final Decisions decisions;
  private final double[] balance;
  private final Ledger ledger;
  private final MatchLosses losses;

  private Evaluate(LossSpec spec, List<HeadValues> heads, Decisions decisions, double[] balance) {
    this.spec = spec;
    this.heads = heads;
    this.decisions = decisions;
    this.balance = balance;
    this.ledger = new Ledger(grids());
    this.losses = new MatchLosses(decisions.positives().size());
  }

  /** What a step adds up to. */
  record Outcome(Ledger ledger, MatchLosses losses) {}

  static Outcome of(LossSpec spec, List<HeadValues> heads, Decisions decisions, double[] balance) {
    Evaluate evaluate = new Evaluate(spec, heads, decisions, balance);
    for (HeadValues head : heads) {
      evaluate.layer(head);
    }
    return new Outcome(evaluate.ledger, evaluate.losses);
  }

  private List<Grid> grids() {
    return heads.stream().map(HeadValues::grid).toList();
  }

  private void layer(HeadValues head) {
    int layer = head.grid().layer();
    Reduce factors = Reduce.of(spec, grids(), decisions, balance, layer);
    objectness(head, factors);
    for (int row = 0; row < decisions.positives().size(); row++) {
      Positive positive = decisions.positives().get(row);
      if (positive.layer() == layer) {
        boxAndClasses(head, factors, row, positive);
      }
    }
  }

  private void objectness(HeadValues head, Reduce factors) {
    Grid grid = head.grid();
    Decisions.Layer layer = decisions.layers().get(grid.layer());
    for (int slot = 0; slot < grid.slots(); slot++) {
      int image = grid.imageOf(slot);
      boolean matched = layer.slots().contains(slot);
      if (layer.skipped()[image] || layer.ignored()[slot]) {
        continue;
      }
      ValueAndSlope loss =
          ObjectnessLoss.of(spec, head.read(slot, 4), layer.objectness()[slot], decisions.rarity());
      double factor = matched ? factors.objectnessOnMatches() : factors.objectnessElsewhere();
      ledger.raw(
          matched ? Ledger.Raw.OBJECTNESS_ON_MATCHES : Ledger.Raw.OBJECTNESS_ELSEWHERE,
          grid.layer(),
          loss.value());
      ledger.share(Ledger.Part.OBJECTNESS, grid.layer(), image, factor * loss.value());
      ledger.objectnessSlope(grid.layer(), slot, factor * loss.slope());
    }
  }

  private void boxAndClasses(HeadValues head, Reduce factors, int row, Positive positive) {
    Slots slots = decisions.layers().get(positive.layer()).slots();
    boolean last = slots.isLast(positive);
    boolean paysBox =
        last
            || spec.collision() == Collision.ACCUMULATE
            || spec.collision() == Collision.AVERAGE_BOXES_UNITE_CLASSES;
    boolean paysClasses = last || spec.collision() == Collision.ACCUMULATE;
    double asked = decisions.layers().get(positive.layer()).objectness()[positive.slot()];
    losses.objectness(
        row,
        ObjectnessLoss.of(spec, head.read(positive.slot(), 4), asked, decisions.rarity()).value());
    if (paysBox) {
      double sharers =
          spec.collision() == Collision.AVERAGE_BOXES_UNITE_CLASSES
              ? slots.on(positive.slot()).size()
              : 1;
      box(head, factors, row, positive, 1 / sharers);
    }
    if (paysClasses) {
      classes(head, factors, row, positive, slots);
    }
  }

  private void box(HeadValues head, Reduce factors, int row, Positive positive, double share) {
    int layer = positive.layer();
    BoxLoss loss = BoxLoss.of(spec, head, positive, decisions.alphas()[row]);
    losses.box(row, loss.xy() + loss.wh() + loss.overlap());
    ledger.raw(Ledger.Raw.XY, layer, loss.xy());
    ledger.raw(Ledger.Raw.WH, layer, loss.wh());
    ledger.raw(Ledger.Raw.OVERLAP, layer, loss.overlap());
    double value =
        factors.xy() * loss.xy() + factors.wh() * loss.wh() + factors.overlap() * loss.overlap();
    ledger.share(Ledger.Part.BOX, layer, positive.image(), value * share);
    double[] slope =
        spec.box().gradient() == GradientMode.DARKNET
            ? darknetSlope(head, positive, share)
            : exactSlope(factors, loss, share);
    for (int i = 0; i < 4; i++) {
      ledger.slope(layer, positive.slot(), i, slope[i]);
    }
  }

  private static double[] exactSlope(Reduce factors, BoxLoss loss, double share) {
    double[] slope = new double[4];
    for (int i = 0; i < 4; i++) {
      double error = i < 2 ? factors.xy() : factors.wh();
      slope[i] =
          (error * loss.errorSlope()[i] + factors.overlap() * loss.overlapSlope()[i]) * share;
    }
    return slope;
  }

  /**
   * Minus darknet's box delta, shared among the slot's targets, then clipped, then a mean over the
   * batch.
   */
  private double[] darknetSlope(HeadValues head, Positive positive, double share) {
    double[] delta = DarknetBoxRule.delta(spec, head, positive.slot(), positive.truth());
    double most =
        spec.box().kind() == BoxTerm.Kind.SQUARED_ERROR_DARKNET
            ? Double.POSITIVE_INFINITY
            : spec.box().maxDelta();
    double[] slope = new double[4];
    for (int i = 0; i < 4; i++) {
      slope[i] = -Math.clamp(delta[i] * share, -most, most) / head.grid().images();
    }
    return slope;
  }

  private void classes(HeadValues head, Reduce factors, int row, Positive positive, Slots slots) {
    if (factors.classification() == 0 && spec.classes() == 1) {
      return; // yolov5 asks nothing of a single class
    }
    BitSet asked =
        switch (spec.collision()) {
          case UNITE_CLASSES, AVERAGE_BOXES_UNITE_CLASSES -> slots.classes(positive.slot());
          default -> {
            BitSet one = new BitSet();
            one.set(positive.category());
            yield one;
          }
        };
    ClassLoss loss = ClassLoss.of(spec, head, positive.slot(), asked);
    losses.classes(row, loss.value());
    ledger.raw(Ledger.Raw.CLASSIFICATION, positive.layer(), loss.value());
    ledger.share(
        Ledger.Part.CLASSIFICATION,
        positive.layer(),
        positive.image(),
        factors.classification() * loss.value());
    for (int c = 0; c < spec.classes(); c++) {
      ledger.slope(
          positive.layer(), positive.slot(), 5 + c, factors.classification() * loss.slope()[c]);
    }
  }
}
