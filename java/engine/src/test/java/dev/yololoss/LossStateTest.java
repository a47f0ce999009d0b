package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a loss carries from step to step, and when it advances. */
class LossStateTest {
  private static final LossSpec SPEC =
      LossSpec.builder(Preset.YOLOV5)
          .classes(3)
          .heads(SmallCase.TWO_HEADS)
          .option("reduction.autobalance", true)
          .build();
  private static final RandomCase INPUT = SmallCase.of(SPEC, 5);

  @Test
  void advancesByTheRuleAndOnlyOnSuccessfulSteps() {
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      LossState start = engine.state();
      assertThat(start.balance()).containsExactly(4.0, 1.0, 0.25, 0.06, 0.02);
      engine.value(INPUT.predictions(), INPUT.targets());
      engine.assign(INPUT.predictions(), INPUT.targets());
      engine.decode(INPUT.predictions());
      assertThat(engine.state()).isEqualTo(start);

      LossResult result = engine.compute(INPUT.predictions(), INPUT.targets());
      double[] expected = {4, 1, 0.25, 0.06, 0.02};
      for (int layer = 0; layer < 2; layer++) {
        HeadTensor p = INPUT.predictions().get(layer);
        RawSums sums = result.rawSums().get(layer);
        double mean =
            (sums.objectnessOnMatches() + sums.objectnessElsewhere())
                / (p.size() / (double) p.attributes());
        expected[layer] = 0.9999 * expected[layer] + 0.0001 / mean;
      }
      double reference = expected[0]; // stride 16
      for (int n = 0; n < expected.length; n++) {
        expected[n] /= reference;
      }
      ParityAssert.within(1e-14, 0).check("balance", expected, numbers(engine.state()));
      assertThat(result.objectness()).isPositive();
    }
  }

  @Test
  void staysWhenAStepFails() {
    RandomCase spoilt = SmallCase.of(SPEC, 5);
    spoilt.predictions().getLast().set(2, 1, 4, 1, 1, Double.NaN);
    Targets bad = Targets.builder().add(0, 0, 2, 0.5, 0.1, 0.1).build();
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      engine.compute(INPUT.predictions(), INPUT.targets());
      LossState before = engine.state();
      assertThatThrownBy(() -> engine.compute(INPUT.predictions(), bad))
          .isInstanceOf(TargetException.class);
      assertThatThrownBy(() -> engine.compute(spoilt.predictions(), INPUT.targets()))
          .isInstanceOf(NonFiniteException.class);
      assertThatThrownBy(() -> engine.compute(List.of(), INPUT.targets()))
          .isInstanceOf(TensorException.class);
      assertThat(engine.state()).isEqualTo(before);
      engine.compute(INPUT.predictions(), INPUT.targets());
      assertThat(engine.state()).isNotEqualTo(before);
    }
  }

  @Test
  void staysFiniteWhateverIsReported() {
    RandomCase spoilt = SmallCase.of(SPEC, 5);
    spoilt.predictions().getLast().set(2, 1, 4, 1, 1, Double.NaN);
    try (LossEngine engine =
        LossEngine.open(SPEC, EngineOptions.on(Backend.REFERENCE).with(NonFinitePolicy.REPORT))) {
      LossState before = engine.state();
      engine.compute(spoilt.predictions(), INPUT.targets());
      assertThat(engine.state()).isEqualTo(before);
      assertThat(engine.compute(INPUT.predictions(), INPUT.targets()).total()).isFinite();
    }
  }

  @Test
  void aHeadWithoutObjectnessLossKeepsItsFactor() {
    RandomCase sure = SmallCase.of(SPEC, 5);
    HeadTensor coarse = sure.predictions().getLast();
    double[] values = TensorValues.of(coarse);
    for (int n = 4; n < values.length; n += coarse.attributes()) {
      values[n] = -1e4; // its BCE against 0 is exactly 0
    }
    TensorValues.write(coarse, values);
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      engine.compute(sure.predictions(), Targets.none());
      assertThat(engine.state().balance()).allMatch(f -> f > 0 && Double.isFinite(f));
      double first = engine.state().balance().getFirst();
      assertThat(first).isEqualTo(1); // stride 16 is the reference
      engine.restore(engine.state());
    }
  }

  @Test
  void aRestoredEngineGoesOnWhereTheOtherStopped() {
    try (LossEngine a = LossEngine.open(SPEC, Backend.REFERENCE);
        LossEngine b = LossEngine.open(SPEC, Backend.REFERENCE)) {
      a.compute(INPUT.predictions(), INPUT.targets());
      a.compute(INPUT.predictions(), Targets.none());
      double fresh = b.value(INPUT.predictions(), INPUT.targets()).total();
      b.restore(a.state());
      double expected = a.compute(INPUT.predictions(), INPUT.targets()).total();
      assertThat(expected).isNotEqualTo(fresh);
      assertThat(b.compute(INPUT.predictions(), INPUT.targets()).total()).isEqualTo(expected);
      assertThat(b.state()).isEqualTo(a.state());
    }
  }

  @Test
  void refusesTheStateOfAnotherLoss() {
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      LossState before = engine.state();
      assertThatThrownBy(() -> engine.restore(new LossState(List.of(1.0, 2.0))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the state has 2 balance factors; this loss has 5");
      for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
        assertThatThrownBy(() -> engine.restore(new LossState(List.of(1.0, bad, 1.0, 1.0, 1.0))))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("a balance factor is " + bad + "; must be finite and greater than 0");
      }
      assertThat(engine.state()).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void withoutAutobalanceNothingMoves(Preset preset) {
    LossSpec spec = SmallCase.spec(preset, SmallCase.TWO_HEADS);
    RandomCase input = SmallCase.of(spec, 5);
    try (LossEngine engine = LossEngine.open(spec, Backend.REFERENCE)) {
      LossState start = engine.state();
      assertThat(start.balance()).isEqualTo(spec.reduction().balance());
      double total = engine.compute(input.predictions(), input.targets()).total();
      assertThat(engine.compute(input.predictions(), input.targets()).total()).isEqualTo(total);
      assertThat(engine.state()).isEqualTo(start);
    }
  }

  private static double[] numbers(LossState state) {
    return state.balance().stream().mapToDouble(d -> d).toArray();
  }
}
