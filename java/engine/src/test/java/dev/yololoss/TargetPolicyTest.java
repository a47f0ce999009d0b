package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every error a target can have, under every policy. */
class TargetPolicyTest {
  private static final LossSpec SPEC = SmallCase.spec(Preset.YOLOV5, SmallCase.ONE_HEAD);
  private static final RandomCase INPUT = SmallCase.of(SPEC, 3);
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  private static double[] row(double... numbers) {
    return numbers;
  }

  /** Errors that no policy but SKIP lets pass; images are 0..2, classes 0..2. */
  static Stream<Arguments> errors() {
    return Stream.of(
        Arguments.of("image is 3; allowed are 0..2", row(3, 0, .5, .5, .1, .1)),
        Arguments.of("image is -1; allowed are 0..2", row(-1, 0, .5, .5, .1, .1)),
        Arguments.of("class is 3; allowed are 0..2", row(0, 3, .5, .5, .1, .1)),
        Arguments.of("class is -1; allowed are 0..2", row(0, -1, .5, .5, .1, .1)),
        Arguments.of("cx is NaN; must be finite", row(0, 0, NAN, .5, .1, .1)),
        Arguments.of("cx is Infinity; must be finite", row(0, 0, INF, .5, .1, .1)),
        Arguments.of("cy is NaN; must be finite", row(0, 0, .5, NAN, .1, .1)),
        Arguments.of("cy is -Infinity; must be finite", row(0, 0, .5, -INF, .1, .1)),
        Arguments.of("w is NaN; must be finite", row(0, 0, .5, .5, NAN, .1)),
        Arguments.of("w is 0.0; must be greater than 0", row(0, 0, .5, .5, 0, .1)),
        Arguments.of("w is -0.1; must be greater than 0", row(0, 0, .5, .5, -.1, .1)),
        Arguments.of("h is NaN; must be finite", row(0, 0, .5, .5, .1, NAN)),
        Arguments.of("h is Infinity; must be finite", row(0, 0, .5, .5, .1, INF)),
        Arguments.of("h is -0.0; must be greater than 0", row(0, 0, .5, .5, .1, -0.0)),
        Arguments.of("h is -2.0; must be greater than 0", row(0, 0, .5, .5, .1, -2)));
  }

  static Stream<Arguments> centresOutside() {
    return Stream.of(
        Arguments.of("cx is -0.25; must lie in 0..1", row(0, 0, -.25, .5, .1, .1), 0.0, .5),
        Arguments.of("cx is 1.25; must lie in 0..1", row(0, 0, 1.25, .5, .1, .1), 1.0, .5),
        Arguments.of("cy is -3.0; must lie in 0..1", row(0, 0, .5, -3, .1, .1), .5, 0.0),
        Arguments.of(
            "cy is 1.0000000000000002; must lie in 0..1",
            row(0, 0, .5, Math.nextUp(1.0), .1, .1),
            .5,
            1.0));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"errors", "centresOutside"})
  void throwNamesRowFieldValueAndRange(String message, double[] bad) {
    Targets targets = amidGoodRows(bad);
    try (LossEngine engine = LossEngine.open(SPEC, Backend.REFERENCE)) {
      for (Runnable call :
          List.<Runnable>of(
              () -> engine.compute(INPUT.predictions(), targets),
              () -> engine.value(INPUT.predictions(), targets),
              () -> engine.assign(INPUT.predictions(), targets),
              () -> engine.searchIgnored(INPUT.predictions(), targets))) {
        assertThatThrownBy(call::run)
            .isInstanceOfSatisfying(TargetException.class, e -> assertThat(e.row()).isEqualTo(1))
            .hasMessage("target row 1: " + message);
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("errors")
  void clipThrowsToo(String message, double[] bad) {
    try (LossEngine engine = open(TargetPolicy.CLIP)) {
      assertThatThrownBy(() -> engine.value(INPUT.predictions(), amidGoodRows(bad)))
          .isInstanceOf(TargetException.class)
          .hasMessage("target row 1: " + message);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("centresOutside")
  void clipMovesTheCentreOnly(String message, double[] bad, double cx, double cy) {
    try (LossEngine engine = open(TargetPolicy.CLIP)) {
      LossResult clipped = engine.value(INPUT.predictions(), amidGoodRows(bad));
      assertThat(clipped.targets()).as(message).isEqualTo(new TargetReport(3, 1, 0));
      double total = clipped.total();
      List<Match> matches = clipped.matches();
      double[] moved = bad.clone();
      moved[2] = cx;
      moved[3] = cy;
      LossResult expected = engine.value(INPUT.predictions(), amidGoodRows(moved));
      assertThat(expected.targets()).isEqualTo(new TargetReport(3, 0, 0));
      assertThat(total).isEqualTo(expected.total());
      assertThat(matches).isEqualTo(expected.matches());
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"errors", "centresOutside"})
  void skipLeavesTheRowOut(String message, double[] bad) {
    Targets without = Targets.ofRows(new double[][] {GOOD[0], GOOD[1]});
    try (LossEngine engine = open(TargetPolicy.SKIP)) {
      double expected = engine.value(INPUT.predictions(), without).total();
      LossResult result = engine.value(INPUT.predictions(), amidGoodRows(bad));
      assertThat(result.targets()).as(message).isEqualTo(new TargetReport(2, 0, 1));
      assertThat(result.total()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void matchesCountTheCallersRowsAlsoBehindSkippedOnes(Preset preset) {
    LossSpec spec = SmallCase.spec(preset, SmallCase.TWO_HEADS);
    RandomCase input = SmallCase.of(spec, 3);
    double[] bad = row(0, 0, .5, .5, -1, .1);
    Targets targets = Targets.ofRows(new double[][] {bad, bad, GOOD[0], bad, GOOD[1], bad});
    try (LossEngine engine =
        LossEngine.open(spec, EngineOptions.on(Backend.REFERENCE).with(TargetPolicy.SKIP))) {
      LossResult plain =
          engine.compute(input.predictions(), Targets.ofRows(new double[][] {GOOD[0], GOOD[1]}));
      List<Match> matches = plain.matches();
      double recall = plain.diagnostics().recall50();
      assertThat(matches).extracting(Match::target).contains(0, 1);
      List<Match> expected =
          matches.stream().map(m -> m.ofTarget(m.target() == 0 ? 2 : 4)).toList();
      LossResult skipping = engine.compute(input.predictions(), targets);
      assertThat(skipping.matches()).isEqualTo(expected);
      assertThat(skipping.diagnostics().recall50()).isEqualTo(recall);
      assertThat(skipping.targets()).isEqualTo(new TargetReport(2, 0, 4));
      assertThat(engine.assign(input.predictions(), targets))
          .extracting(Match::target)
          .containsExactlyElementsOf(expected.stream().map(Match::target).toList());
    }
  }

  @ParameterizedTest
  @EnumSource(TargetPolicy.class)
  void whatIsNoErrorIsUsedAsItIs(TargetPolicy policy) {
    try (LossEngine engine = open(policy)) {
      Targets over = Targets.ofRows(new double[][] {row(0, 1, 0.95, 0.02, 0.6, 0.7)});
      LossResult result = engine.value(INPUT.predictions(), over);
      assertThat(result.targets()).isEqualTo(new TargetReport(1, 0, 0));
      double total = result.total();
      // the part inside the image would be another box
      Targets inside = Targets.ofRows(new double[][] {row(0, 1, 0.825, 0.185, 0.35, 0.37)});
      assertThat(engine.value(INPUT.predictions(), inside).total()).isNotEqualTo(total);

      LossResult empty = engine.value(INPUT.predictions(), Targets.none());
      assertThat(empty.targets()).isEqualTo(new TargetReport(0, 0, 0));
      assertThat(empty.matches()).isEmpty();
      assertThat(empty.total()).isFinite();

      double atZero =
          engine
              .value(INPUT.predictions(), Targets.ofRows(new double[][] {row(0, 1, 0, 0, .3, .4)}))
              .total();
      LossResult minusZero =
          engine.value(
              INPUT.predictions(), Targets.ofRows(new double[][] {row(0, 1, -0.0, -0.0, .3, .4)}));
      assertThat(minusZero.targets()).isEqualTo(new TargetReport(1, 0, 0));
      assertThat(minusZero.total()).isEqualTo(atZero);
    }
  }

  @Test
  void rowsOfNumbersHaveSixWithWholeImageAndClass() {
    double[][] bad = {
      {0, 0, .5, .5, .1},
      {0.5, 0, .5, .5, .1, .1},
      {0, NAN, .5, .5, .1, .1},
      {3e9, 0, .5, .5, .1, .1}
    };
    String[] messages = {
      "target row 1: has 5 numbers; must be image, class, cx, cy, w, h",
      "target row 1: image is 0.5; must be a whole number",
      "target row 1: class is NaN; must be a whole number",
      "target row 1: image is 3.0E9; must be a whole number"
    };
    for (int n = 0; n < bad.length; n++) {
      double[][] rows = {GOOD[0], bad[n]};
      assertThatThrownBy(() -> Targets.ofRows(rows))
          .isInstanceOf(TargetException.class)
          .hasMessage(messages[n]);
    }
  }

  @Test
  void targetsAreImmutable() {
    Targets.Builder builder = Targets.builder().add(0, 1, .1, .2, .3, .4);
    Targets before = builder.build();
    for (int n = 0; n < 40; n++) {
      builder.add(2, 0, .5, .6, .7, .8);
    }
    Targets after = builder.build();
    assertThat(before.size()).isEqualTo(1);
    assertThat(after.size()).isEqualTo(41);
    assertThat(after.height(40)).isEqualTo(.8);
    assertThat(after.rowsOf(2)).hasSize(40).startsWith(1);
    assertThat(after.rowsOf(1)).isEmpty();
  }

  private static final double[][] GOOD = {
    row(0, 1, 0.3, 0.4, 0.3, 0.5), row(2, 2, 0.8, 0.7, 0.55, 0.6)
  };

  private static Targets amidGoodRows(double[] bad) {
    return Targets.builder()
        .add(0, 1, 0.3, 0.4, 0.3, 0.5)
        .add((int) bad[0], (int) bad[1], bad[2], bad[3], bad[4], bad[5])
        .add(2, 2, 0.8, 0.7, 0.55, 0.6)
        .build();
  }

  private static LossEngine open(TargetPolicy policy) {
    return LossEngine.open(SPEC, EngineOptions.on(Backend.REFERENCE).with(policy));
  }
}
