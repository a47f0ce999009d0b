package dev.yololoss.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.Targets;
import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.GradientMode;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * {@code darknet-autodiff} has no original; where its rules coincide with {@code darknet}'s, the
 * two must agree.
 */
class DarknetAutodiffTest {
  private static final Heads HEADS =
      Heads.builder().head(16, 12, 14, 25, 30, 50, 44).scaleXY(1.1).build();

  @ParameterizedTest
  @EnumSource(
      value = BoxTerm.Kind.class,
      names = {
        "ONE_MINUS_IOU",
        "ONE_MINUS_GIOU",
        "ONE_MINUS_DIOU",
        "ONE_MINUS_CIOU",
        "SQUARED_ERROR_DARKNET"
      })
  void darknetGradientIsMinusTheDelta(BoxTerm.Kind kind) {
    for (long seed = 1; seed <= 20; seed++) {
      try (Arena arena = Arena.ofConfined()) {
        FrozenCase deltas =
            onePerSlot(
                FrozenCase.random(
                    arena,
                    spec(Preset.DARKNET, kind, GradientMode.DARKNET),
                    1,
                    96,
                    new SplittableRandom(seed)));
        FrozenCase loss =
            onePerSlot(
                FrozenCase.random(
                    arena,
                    spec(Preset.DARKNET_AUTODIFF, kind, GradientMode.DARKNET),
                    1,
                    96,
                    new SplittableRandom(seed)));
        Ledger ofDeltas =
            DarknetDeltas.of(
                    deltas.spec(),
                    deltas.heads(),
                    deltas.targets(),
                    deltas.decisions(),
                    new ArrayList<>())
                .ledger();
        Ledger ofLoss = loss.ledger();
        Grid grid = loss.heads().getFirst().grid();
        assertThat(loss.decisions().positives()).as("seed " + seed).isNotEmpty();
        for (int slot = 0; slot < grid.slots(); slot++) {
          for (int k = 0; k < grid.attributes(); k++) {
            double expected = FrozenCase.slope(ofDeltas, 0, slot, k);
            double actual = FrozenCase.slope(ofLoss, 0, slot, k);
            assertThat(Math.abs(actual - expected) <= 1e-14 + 1e-12 * Math.abs(expected))
                .as("seed %d slot %d attribute %d: %s for %s", seed, slot, k, actual, expected)
                .isTrue();
          }
        }
      }
    }
  }

  /**
   * The question that the two gradient modes ask: they share objectness and classes and differ in
   * the box.
   */
  @Test
  void theModesDifferInTheBoxAlone() {
    try (Arena arena = Arena.ofConfined()) {
      FrozenCase exact =
          FrozenCase.random(
              arena,
              spec(Preset.DARKNET_AUTODIFF, BoxTerm.Kind.ONE_MINUS_CIOU, GradientMode.EXACT),
              2,
              96,
              new SplittableRandom(9));
      FrozenCase darknet =
          FrozenCase.random(
              arena,
              spec(Preset.DARKNET_AUTODIFF, BoxTerm.Kind.ONE_MINUS_CIOU, GradientMode.DARKNET),
              2,
              96,
              new SplittableRandom(9));
      assertThat(darknet.total()).isEqualTo(exact.total());
      Ledger ofExact = exact.ledger();
      Ledger ofDarknet = darknet.ledger();
      int different = 0;
      for (int slot = 0; slot < exact.heads().getFirst().grid().slots(); slot++) {
        for (int k = 0; k < exact.spec().attributes(); k++) {
          double a = FrozenCase.slope(ofExact, 0, slot, k);
          double b = FrozenCase.slope(ofDarknet, 0, slot, k);
          if (k >= 4) {
            assertThat(b).isEqualTo(a);
          } else {
            different += a != b ? 1 : 0;
          }
        }
      }
      assertThat(different).isPositive();
    }
  }

  private static LossSpec spec(Preset preset, BoxTerm.Kind kind, GradientMode mode) {
    LossSpec.Builder builder =
        LossSpec.builder(preset)
            .classes(3)
            .heads(HEADS)
            .option("box.kind", kind)
            .option("objectness.weight", 0.8);
    if (preset == Preset.DARKNET_AUTODIFF) {
      builder.option("box.gradient", mode);
    }
    return builder.build();
  }

  /** Drops the targets that share a slot with an earlier one: there darknet's rules are its own. */
  private static FrozenCase onePerSlot(FrozenCase c) {
    Targets.Builder kept = Targets.builder();
    ArrayList<Integer> taken = new ArrayList<>();
    for (Positive p : c.decisions().positives()) {
      if (!taken.contains(p.slot())) {
        taken.add(p.slot());
        Targets t = c.targets();
        kept.add(
            p.image(),
            p.category(),
            t.centreX(p.target()),
            t.centreY(p.target()),
            t.width(p.target()),
            t.height(p.target()));
      }
    }
    Targets targets = kept.build();
    return new FrozenCase(
        c.spec(),
        c.predictions(),
        targets,
        c.heads(),
        Decide.of(c.spec(), c.heads(), targets),
        c.balance());
  }
}
