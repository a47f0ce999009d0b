package dev.yololoss.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.BceForm;
import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Doubling a weight scales the gradients that it governs by the power that its original gives it,
 * and no others.
 */
class WeightPowersTest {
  private static final Heads HEADS = Heads.builder().head(16, 12, 14, 25, 30, 50, 44).build();

  /** The gradients of a step by what they are of. */
  private enum Group {
    BOX,
    OBJECTNESS_ON_MATCHES,
    OBJECTNESS_ELSEWHERE,
    CLASSES
  }

  private record Row(Preset preset, String option, double value, int power, Set<Group> governs) {
    @Override
    public String toString() {
      return preset.id() + " " + option + " acts with power " + power + " on " + governs;
    }
  }

  private static final Set<Group> OBJECTNESS =
      EnumSet.of(Group.OBJECTNESS_ON_MATCHES, Group.OBJECTNESS_ELSEWHERE);

  private static List<Row> table() {
    List<Row> rows = new ArrayList<>();
    for (Preset preset : List.of(Preset.YOLOV5, Preset.YOLOV5_CE)) {
      rows.add(new Row(preset, "box.weight", 0.05, 1, EnumSet.of(Group.BOX)));
      rows.add(new Row(preset, "objectness.weight", 1, 1, OBJECTNESS));
      rows.add(new Row(preset, "classification.weight", 0.5, 1, EnumSet.of(Group.CLASSES)));
    }
    for (Preset preset : List.of(Preset.YOLOV2, Preset.YOLOV2_OLD, Preset.YOLOV2_V2)) {
      rows.add(new Row(preset, "box.weight", 1, 1, EnumSet.of(Group.BOX)));
      rows.add(
          new Row(preset, "objectness.matchWeight", 5, 2, EnumSet.of(Group.OBJECTNESS_ON_MATCHES)));
      rows.add(
          new Row(
              preset, "objectness.elsewhereWeight", 1, 2, EnumSet.of(Group.OBJECTNESS_ELSEWHERE)));
      rows.add(new Row(preset, "classification.weight", 1, 1, EnumSet.of(Group.CLASSES)));
    }
    for (Preset preset : List.of(Preset.YOLOV2_V1, Preset.YOLOV3_LOGITS)) {
      rows.add(new Row(preset, "box.weight", 1, 1, EnumSet.of(Group.BOX)));
      rows.add(
          new Row(preset, "objectness.matchWeight", 1, 1, EnumSet.of(Group.OBJECTNESS_ON_MATCHES)));
      rows.add(
          new Row(
              preset, "objectness.elsewhereWeight", 1, 1, EnumSet.of(Group.OBJECTNESS_ELSEWHERE)));
      rows.add(new Row(preset, "classification.weight", 1, 1, EnumSet.of(Group.CLASSES)));
    }
    rows.add(new Row(Preset.DARKNET, "box.weight", 0.75, 1, EnumSet.of(Group.BOX)));
    rows.add(new Row(Preset.DARKNET, "objectness.weight", 1, 1, OBJECTNESS));
    rows.add(new Row(Preset.DARKNET, "classification.weight", 1, 0, EnumSet.of(Group.CLASSES)));
    rows.add(new Row(Preset.DARKNET_AUTODIFF, "box.weight", 0.75, 1, EnumSet.of(Group.BOX)));
    rows.add(new Row(Preset.DARKNET_AUTODIFF, "objectness.weight", 1, 1, OBJECTNESS));
    rows.add(
        new Row(Preset.DARKNET_AUTODIFF, "classification.weight", 1, 1, EnumSet.of(Group.CLASSES)));
    return rows;
  }

  @TestFactory
  Stream<DynamicTest> weightsActWithTheirPower() {
    return table().stream().map(row -> DynamicTest.dynamicTest(row.toString(), () -> check(row)));
  }

  @Test
  void aWrongPowerIsSeen() {
    assertThatThrownBy(
            () ->
                check(
                    new Row(
                        Preset.YOLOV2,
                        "objectness.matchWeight",
                        5,
                        1,
                        EnumSet.of(Group.OBJECTNESS_ON_MATCHES))))
        .isInstanceOf(AssertionError.class);
    assertThatThrownBy(
            () ->
                check(
                    new Row(
                        Preset.DARKNET, "classification.weight", 1, 1, EnumSet.of(Group.CLASSES))))
        .isInstanceOf(AssertionError.class);
  }

  private static void check(Row row) {
    try (Arena arena = Arena.ofConfined()) {
      Ledger single = ledger(arena, row, row.value);
      Ledger twice = ledger(arena, row, 2 * row.value);
      Grid grid = grid(arena, row);
      Slots slots =
          FrozenCase.random(arena, spec(row, row.value), 2, 96, new SplittableRandom(11))
              .decisions()
              .layers()
              .getFirst()
              .slots();
      int[] seen = new int[Group.values().length];
      for (int slot = 0; slot < grid.slots(); slot++) {
        for (int k = 0; k < grid.attributes(); k++) {
          Group group = group(k, slots.contains(slot));
          double factor = row.governs.contains(group) ? Math.pow(2, row.power) : 1;
          double before = FrozenCase.slope(single, 0, slot, k);
          double after = FrozenCase.slope(twice, 0, slot, k);
          assertThat(Math.abs(after - factor * before) <= 1e-13 * Math.abs(after))
              .as("%s: slot %d attribute %d: %s, doubled %s", row, slot, k, before, after)
              .isTrue();
          seen[group.ordinal()] += before != 0 ? 1 : 0;
        }
      }
      for (Group group : Group.values()) {
        assertThat(seen[group.ordinal()]).as("elements of " + group).isPositive();
      }
    }
  }

  private static Group group(int attribute, boolean matched) {
    if (attribute < 4) {
      return Group.BOX;
    }
    if (attribute > 4) {
      return Group.CLASSES;
    }
    return matched ? Group.OBJECTNESS_ON_MATCHES : Group.OBJECTNESS_ELSEWHERE;
  }

  private static LossSpec spec(Row row, double value) {
    LossSpec.Builder builder =
        LossSpec.builder(row.preset).classes(3).heads(HEADS).option(row.option, value);
    if (row.preset == Preset.DARKNET) {
      builder.option("box.kind", BoxTerm.Kind.ONE_MINUS_CIOU);
    }
    return builder.build();
  }

  private static Grid grid(Arena arena, Row row) {
    return FrozenCase.random(arena, spec(row, row.value), 2, 96, new SplittableRandom(11))
        .heads()
        .getFirst()
        .grid();
  }

  private static Ledger ledger(Arena arena, Row row, double value) {
    FrozenCase c = FrozenCase.random(arena, spec(row, value), 2, 96, new SplittableRandom(11));
    return row.preset == Preset.DARKNET
        ? DarknetDeltas.of(c.spec(), c.heads(), c.targets(), c.decisions(), new ArrayList<>())
            .ledger()
        : c.ledger();
  }

  /** yolov3-bce: a positive weight of 2 doubles the pull of the positives and leaves the rest. */
  @Test
  void positiveWeightsActOnPositivesOnly() {
    try (Arena arena = Arena.ofConfined()) {
      LossSpec.Builder plain =
          LossSpec.builder(Preset.YOLOV3_BCE)
              .classes(3)
              .heads(HEADS)
              .option("bce", BceForm.FROM_LOGITS);
      Ledger before =
          FrozenCase.random(arena, plain.build(), 2, 96, new SplittableRandom(3)).ledger();
      LossSpec weighted = plain.option("objectness.positiveWeight", 2.0).build();
      FrozenCase c = FrozenCase.random(arena, weighted, 2, 96, new SplittableRandom(3));
      Ledger after = c.ledger();
      for (int slot = 0; slot < c.heads().getFirst().grid().slots(); slot++) {
        double factor = c.decisions().layers().getFirst().slots().contains(slot) ? 2 : 1;
        assertThat(FrozenCase.slope(after, 0, slot, 4))
            .isEqualTo(factor * FrozenCase.slope(before, 0, slot, 4));
      }
    }
  }
}
