package dev.yololoss.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.HeadTensor;
import dev.yololoss.spec.BceForm;
import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.ObjectnessTerm;
import dev.yololoss.spec.Overlap;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Analytic gradients against central differences, for every preset with an EXACT gradient and its
 * options.
 *
 * <p>Everything that is detached stays frozen at the base point: plain differences disagree by
 * design, as a control shows.
 */
class FiniteDifferencesTest {
  private static final double STEP = 1e-4;
  private static final double RELATIVE = 1e-6;
  private static final double FLOOR = 1e-7;

  private static final Heads THREE_HEADS =
      Heads.builder()
          .head(32, 54, 44, 70, 88, 110, 96)
          .head(16, 15, 30, 31, 23, 29, 56)
          .head(8, 6, 7, 9, 15, 16, 12)
          .build();
  private static final Heads ONE_HEAD = Heads.builder().head(16, 12, 14, 25, 30, 50, 44).build();
  private static final Heads SCALED_HEAD =
      Heads.builder().head(16, 12, 14, 25, 30, 50, 44).scaleXY(1.2).build();

  /** A variant of a preset. */
  private record Variant(String name, LossSpec spec) {}

  private static Variant variant(String name, Preset preset, Heads heads, Object... options) {
    LossSpec.Builder builder = LossSpec.builder(preset).classes(3).heads(heads);
    for (int i = 0; i < options.length; i += 2) {
      builder.option((String) options[i], options[i + 1]);
    }
    return new Variant(preset.id() + " " + name, builder.build());
  }

  private static List<Variant> variants() {
    List<Double> perClass = List.of(0.5, 2.0, 3.0);
    return List.of(
        variant("plain", Preset.YOLOV5, THREE_HEADS),
        variant(
            "one head, gr 0.5, sorted",
            Preset.YOLOV5,
            ONE_HEAD,
            "objectness.iouShare",
            0.5,
            "objectness.sortByIou",
            true),
        variant(
            "weights, smoothing",
            Preset.YOLOV5,
            THREE_HEADS,
            "objectness.positiveWeight",
            1.8,
            "classification.positiveWeight",
            0.7,
            "classification.labelSmoothing",
            0.1,
            "classification.perClass",
            perClass),
        variant(
            "focal",
            Preset.YOLOV5,
            THREE_HEADS,
            "focalGamma",
            1.5,
            "objectness.positiveWeight",
            1.4,
            "classification.labelSmoothing",
            0.1),
        variant("plain", Preset.YOLOV5_CE, THREE_HEADS),
        variant(
            "per class",
            Preset.YOLOV5_CE,
            ONE_HEAD,
            "classification.perClass",
            perClass,
            "objectness.positiveWeight",
            1.5),
        variant("plain", Preset.YOLOV2, ONE_HEAD),
        variant(
            "scales",
            Preset.YOLOV2,
            ONE_HEAD,
            "box.weight",
            2.0,
            "objectness.matchWeight",
            3.0,
            "objectness.elsewhereWeight",
            0.5,
            "classification.weight",
            1.5,
            "classification.perClass",
            perClass),
        variant("plain", Preset.YOLOV2_OLD, ONE_HEAD),
        variant("plain", Preset.YOLOV2_V1, ONE_HEAD),
        variant("plain", Preset.YOLOV2_V2, ONE_HEAD),
        variant("plain", Preset.YOLOV3_LOGITS, THREE_HEADS),
        variant(
            "weights",
            Preset.YOLOV3_LOGITS,
            THREE_HEADS,
            "box.weight",
            2.0,
            "objectness.matchWeight",
            3.0,
            "objectness.elsewhereWeight",
            0.5,
            "objectness.positiveWeight",
            1.3,
            "classification.positiveWeight",
            0.6,
            "classification.perClass",
            perClass),
        variant("of probability", Preset.YOLOV3_BCE, THREE_HEADS),
        variant(
            "from logits",
            Preset.YOLOV3_BCE,
            THREE_HEADS,
            "bce",
            BceForm.FROM_LOGITS,
            "objectness.positiveWeight",
            1.3,
            "classification.positiveWeight",
            0.6,
            "classification.perClass",
            perClass),
        variant(
            "1 - IoU",
            Preset.YOLOV3_RATIO,
            THREE_HEADS,
            "objectness.target",
            ObjectnessTerm.Target.MATCH_IOU),
        variant(
            "squared",
            Preset.YOLOV3_RATIO,
            THREE_HEADS,
            "box.kind",
            BoxTerm.Kind.SQUARED_ERROR_CELL),
        variant(
            "squared and IoU",
            Preset.YOLOV3_RATIO,
            THREE_HEADS,
            "box.kind",
            BoxTerm.Kind.SQUARED_ERROR_CELL_AND_IOU,
            "objectness.target",
            ObjectnessTerm.Target.MATCH_IOU,
            "classification.positiveWeight",
            2.0),
        variant("1 - IoU", Preset.YOLOV3_BEST, THREE_HEADS),
        variant(
            "squared",
            Preset.YOLOV3_BEST,
            THREE_HEADS,
            "box.kind",
            BoxTerm.Kind.SQUARED_ERROR_CELL,
            "objectness.target",
            ObjectnessTerm.Target.MATCH_IOU),
        variant("CIoU", Preset.DARKNET_AUTODIFF, SCALED_HEAD),
        variant(
            "GIoU",
            Preset.DARKNET_AUTODIFF,
            THREE_HEADS,
            "box.kind",
            BoxTerm.Kind.ONE_MINUS_GIOU,
            "assignment.extraIou",
            0.2),
        variant(
            "DIoU",
            Preset.DARKNET_AUTODIFF,
            SCALED_HEAD,
            "box.kind",
            BoxTerm.Kind.ONE_MINUS_DIOU,
            "assignment.extraIou",
            0.2,
            "assignment.extraOverlap",
            Overlap.CIOU),
        variant(
            "IoU",
            Preset.DARKNET_AUTODIFF,
            SCALED_HEAD,
            "box.kind",
            BoxTerm.Kind.ONE_MINUS_IOU,
            "objectness.weight",
            0.4),
        variant(
            "squared",
            Preset.DARKNET_AUTODIFF,
            SCALED_HEAD,
            "box.kind",
            BoxTerm.Kind.SQUARED_ERROR_DARKNET,
            "assignment.extraIou",
            0.2,
            "classification.labelSmoothing",
            0.1,
            "classification.perClass",
            perClass,
            "objectness.positiveWeight",
            1.5));
  }

  @TestFactory
  Stream<DynamicTest> gradientsAreDerivatives() {
    return variants().stream()
        .flatMap(
            v ->
                Stream.of(1L, 2L)
                    .map(
                        seed ->
                            DynamicTest.dynamicTest(
                                v.name + ", seed " + seed, () -> check(v, seed, Fault.NONE))));
  }

  /** Ways in which a gradient could be wrong. */
  private enum Fault {
    NONE,
    NEGATED,
    DOUBLED,
    NOT_A_NUMBER,
    ATTRIBUTES_SWAPPED
  }

  @TestFactory
  Stream<DynamicTest> plantedFaultsAreSeen() {
    return Stream.of(Fault.NEGATED, Fault.DOUBLED, Fault.NOT_A_NUMBER, Fault.ATTRIBUTES_SWAPPED)
        .map(
            fault ->
                DynamicTest.dynamicTest(
                    fault.name(),
                    () ->
                        assertThatThrownBy(() -> check(variants().getFirst(), 1, fault))
                            .isInstanceOf(AssertionError.class)));
  }

  private record Tally(int compared, int kinks) {}

  private static void check(Variant variant, long seed, Fault fault) {
    try (Arena arena = Arena.ofConfined()) {
      SplittableRandom random = new SplittableRandom(seed);
      FrozenCase c = FrozenCase.random(arena, variant.spec, 3, 96, random);
      Tally tally = compare(variant.name + ", seed " + seed, c, random, fault);
      assertThat(tally.compared).as("compared elements").isGreaterThan(200);
      // a kink is rare: two edges of boxes within the step of each other
      assertThat(tally.kinks).as("elements at a kink").isLessThan(tally.compared / 20);
    }
  }

  private static Tally compare(String where, FrozenCase c, SplittableRandom random, Fault fault) {
    Ledger ledger = c.ledger();
    double largest = 0;
    for (HeadValues head : c.heads()) {
      for (int slot : c.decisions().layers().get(head.grid().layer()).slots().all()) {
        for (int k = 0; k < c.spec().attributes(); k++) {
          largest =
              Math.max(largest, Math.abs(FrozenCase.slope(ledger, head.grid().layer(), slot, k)));
        }
      }
    }
    int compared = 0;
    int kinks = 0;
    for (HeadValues head : c.heads()) {
      Grid grid = head.grid();
      Slots slots = c.decisions().layers().get(grid.layer()).slots();
      for (int slot = 0; slot < grid.slots(); slot++) {
        boolean matched = slots.contains(slot);
        for (int k = 0; k < c.spec().attributes(); k++) {
          // all of a match, and a sample of the many that have only an objectness gradient or none
          if (!matched && random.nextInt(16) != 0) {
            continue;
          }
          double wide = difference(c, grid, slot, k, STEP);
          double narrow = difference(c, grid, slot, k, STEP / 2);
          if (Math.abs(wide - narrow) > 1e-4 * Math.abs(wide) + 1e-6 * largest) {
            kinks++;
            continue;
          }
          double expected = (4 * narrow - wide) / 3;
          double actual = planted(fault, ledger, grid, slot, k);
          double allowed = RELATIVE * Math.abs(expected) + FLOOR * largest;
          boolean near = Math.abs(actual - expected) <= allowed;
          assertThat(near)
              .as(
                  "%s: layer %d slot %d attribute %d: gradient %s, difference %s",
                  where, grid.layer(), slot, k, actual, expected)
              .isTrue();
          compared++;
        }
      }
    }
    return new Tally(compared, kinks);
  }

  private static double difference(FrozenCase c, Grid grid, int slot, int attribute, double step) {
    HeadTensor tensor = c.predictions().get(grid.layer());
    long index =
        tensor.index(
            grid.imageOf(slot),
            grid.anchorOf(slot),
            attribute,
            grid.rowOf(slot),
            grid.columnOf(slot));
    double base = tensor.type().get(tensor.memory(), index);
    tensor.type().set(tensor.memory(), index, base + step);
    double above = c.total();
    tensor.type().set(tensor.memory(), index, base - step);
    double below = c.total();
    tensor.type().set(tensor.memory(), index, base);
    return (above - below) / (2 * step);
  }

  private static double planted(Fault fault, Ledger ledger, Grid grid, int slot, int attribute) {
    double slope = FrozenCase.slope(ledger, grid.layer(), slot, attribute);
    return switch (fault) {
      case NONE -> slope;
      case NEGATED -> attribute == 2 ? -slope : slope;
      case DOUBLED -> attribute == 4 ? 2 * slope : slope;
      case NOT_A_NUMBER -> attribute == 6 ? Double.NaN : slope;
      case ATTRIBUTES_SWAPPED ->
          attribute < 2 ? FrozenCase.slope(ledger, grid.layer(), slot, 1 - attribute) : slope;
    };
  }

  /**
   * Why the decisions are an argument: let them move with the prediction and most box gradients
   * look wrong.
   */
  @Test
  void differencesWithMovingDecisionsDisagree() {
    try (Arena arena = Arena.ofConfined()) {
      FrozenCase c =
          FrozenCase.random(arena, variants().getFirst().spec, 2, 96, new SplittableRandom(5));
      Ledger ledger = c.ledger();
      int box = 0;
      int off = 0;
      for (Positive positive : c.decisions().positives()) {
        Grid grid = c.heads().get(positive.layer()).grid();
        HeadTensor tensor = c.predictions().get(positive.layer());
        for (int k = 0; k < 4; k++) {
          long index =
              tensor.index(
                  positive.image(),
                  grid.anchorOf(positive.slot()),
                  k,
                  grid.rowOf(positive.slot()),
                  grid.columnOf(positive.slot()));
          double base = tensor.type().get(tensor.memory(), index);
          double[] totals = new double[2];
          for (int side = 0; side < 2; side++) {
            tensor.type().set(tensor.memory(), index, base + (side == 0 ? STEP : -STEP));
            Decisions moved = Decide.of(c.spec(), c.heads(), c.targets());
            totals[side] =
                Evaluate.of(c.spec(), c.heads(), moved, c.balance()).ledger().total().total();
          }
          tensor.type().set(tensor.memory(), index, base);
          double plain = (totals[0] - totals[1]) / (2 * STEP);
          double slope = FrozenCase.slope(ledger, positive.layer(), positive.slot(), k);
          box++;
          off += Math.abs(plain - slope) > 1e-3 * Math.abs(slope) ? 1 : 0;
        }
      }
      assertThat(off).as("of %d box elements", box).isGreaterThan(box / 2);
    }
  }
}
