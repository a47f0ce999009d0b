package dev.yololoss.parity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.DeltaTally;
import dev.yololoss.Diagnostics;
import dev.yololoss.ElementType;
import dev.yololoss.GuardedTensor;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossParts;
import dev.yololoss.Match;
import dev.yololoss.NonFinite;
import dev.yololoss.Outcome;
import dev.yololoss.ParityAssert;
import dev.yololoss.RawSums;
import dev.yololoss.TensorValues;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * Whether a run agrees with that of the reference: decisions exactly, sums within 1e-5 of
 * themselves, gradients within 2e-5 in norm and each element within 1e-4 of itself plus 1e-4 of the
 * tensor's largest.
 */
public final class CompareRuns {
  private static final ParityAssert SUMS = ParityAssert.within(1e-5, 1e-7);

  /**
   * What the reference's own rounding leaves of terms of order 1, and where a float's square ends.
   */
  private static final double RESIDUE = 1e-15;

  private static final ParityAssert EXACT = ParityAssert.exactly();

  private CompareRuns() {}

  public static void check(StepRun expected, StepRun actual) {
    decisions("assign", expected.assigned(), actual.assigned());
    numbers("IoU of assign", expected.assigned(), actual.assigned(), Match::iou);
    assertThat(actual.ignored().layers()).as("ignored").isEqualTo(expected.ignored().layers());
    nonFinite("thrown", expected.thrown(), actual.thrown());
    assertThat(actual.outcome().isPresent())
        .as("a result")
        .isEqualTo(expected.outcome().isPresent());
    if (expected.outcome().isPresent()) {
      outcome(expected.outcome().get(), actual.outcome().get());
    }
    for (int layer = 0; layer < expected.gradients().size(); layer++) {
      gradient(
          "gradient of layer " + layer,
          expected.gradients().get(layer).tensor(),
          actual.gradients().get(layer).tensor());
    }
    sums("state", all(expected.state().balance(), d -> d), all(actual.state().balance(), d -> d));
  }

  public static void outcome(Outcome expected, Outcome actual) {
    decisions("matches", expected.matches(), actual.matches());
    diagnostics(expected.diagnostics(), actual.diagnostics());
    sums("total", expected.parts().total(), actual.parts().total());
    parts("parts", List.of(expected.parts()), List.of(actual.parts()));
    parts("parts per layer", expected.perLayer(), actual.perLayer());
    parts("parts per image", expected.perImage(), actual.perImage());
    rawSums(expected.rawSums(), actual.rawSums());
    numbers("IoU", expected.matches(), actual.matches(), Match::iou);
    numbers("box loss", expected.matches(), actual.matches(), Match::boxLoss);
    numbers("objectness loss", expected.matches(), actual.matches(), Match::objectnessLoss);
    numbers("class loss", expected.matches(), actual.matches(), Match::classLoss);
  }

  /** The rows without their numbers. */
  public static void decisions(String what, List<Match> expected, List<Match> actual) {
    assertThat(actual.stream().map(CompareRuns::decision).toList())
        .as(what)
        .isEqualTo(expected.stream().map(CompareRuns::decision).toList());
  }

  private static Match decision(Match m) {
    return new Match(
        m.target(),
        m.layer(),
        m.image(),
        m.anchor(),
        m.row(),
        m.column(),
        m.replaced(),
        0,
        0,
        0,
        0);
  }

  private static void diagnostics(Diagnostics expected, Diagnostics actual) {
    assertThat(actual.positives()).as("positives").isEqualTo(expected.positives());
    assertThat(actual.collisions()).as("collisions").isEqualTo(expected.collisions());
    assertThat(actual.ignored()).as("ignored count").isEqualTo(expected.ignored());
    nonFinite("first non-finite", expected.firstNonFinite(), actual.firstNonFinite());
    EXACT.check("recall 0.5", expected.recall50(), actual.recall50());
    EXACT.check("recall 0.75", expected.recall75(), actual.recall75());
    sums("mean IoU", expected.meanIou(), actual.meanIou());
    sums("objectness on matches", expected.objectnessOnMatches(), actual.objectnessOnMatches());
    sums("objectness elsewhere", expected.objectnessElsewhere(), actual.objectnessElsewhere());
    List<DeltaTally> e = expected.deltaTallies();
    List<DeltaTally> a = actual.deltaTallies();
    for (ToDoubleFunction<DeltaTally> count :
        List.<ToDoubleFunction<DeltaTally>>of(
            DeltaTally::matches, DeltaTally::boxes, DeltaTally::rewrittenBoxes)) {
      EXACT.check("darknet's counts", all(e, count), all(a, count));
    }
    for (ToDoubleFunction<DeltaTally> sum :
        List.<ToDoubleFunction<DeltaTally>>of(
            DeltaTally::iou,
            DeltaTally::iouLoss,
            DeltaTally::giouLoss,
            DeltaTally::boxSquares,
            DeltaTally::objectnessSquares,
            DeltaTally::classSquares)) {
      sums("darknet's sums", all(e, sum), all(a, sum));
    }
  }

  private static void nonFinite(
      String what, Optional<NonFinite> expected, Optional<NonFinite> actual) {
    assertThat(actual.map(NonFinite::toString))
        .as(what)
        .isEqualTo(expected.map(NonFinite::toString));
  }

  private static void parts(String what, List<LossParts> expected, List<LossParts> actual) {
    sums(
        what,
        flat(expected, p -> DoubleStream.of(p.box(), p.objectness(), p.classification())),
        flat(actual, p -> DoubleStream.of(p.box(), p.objectness(), p.classification())));
  }

  private static void rawSums(List<RawSums> expected, List<RawSums> actual) {
    sums("raw sums", flat(expected, CompareRuns::numbers), flat(actual, CompareRuns::numbers));
  }

  private static DoubleStream numbers(RawSums r) {
    return DoubleStream.of(
        r.xy(),
        r.wh(),
        r.overlap(),
        r.objectnessOnMatches(),
        r.objectnessElsewhere(),
        r.classification());
  }

  private static void numbers(
      String what, List<Match> expected, List<Match> actual, ToDoubleFunction<Match> number) {
    sums(what + " of matches", all(expected, number), all(actual, number));
  }

  public static void gradient(String what, HeadTensor expected, HeadTensor actual) {
    double[] e = TensorValues.of(expected);
    double[] a = TensorValues.of(actual);
    // 16-bit gradients are the float ones rounded: within one step of the type
    double ulp =
        switch (expected.type()) {
          case F32, F64 -> 0;
          case F16 -> 0x1p-10;
          case BF16 -> 0x1p-7;
        };
    double largest = DoubleStream.of(e).filter(Double::isFinite).map(Math::abs).max().orElse(0);
    // the spacing of a half's smallest numbers; a float's lie below any gradient that a loss scaler
    // could lift
    double step = expected.type() == ElementType.F16 ? 0x1p-24 : 0x1p-110;
    if (step > 1e-4 * largest) {
      tiny(what, e, a, step);
      return;
    }
    ParityAssert.within(1e-4 + ulp, 1e-4)
        .check(what, e, a, n -> " at " + TensorValues.place(expected, n));
    if (ulp == 0) {
      norm(what, e, a);
    }
  }

  private static void tiny(String what, double[] expected, double[] actual, double step) {
    for (int n = 0; n < expected.length; n++) {
      if (Double.isFinite(expected[n])) {
        assertThat(actual[n]).as(what).isBetween(expected[n] - step, expected[n] + step);
      } else {
        EXACT.check(what, expected[n], actual[n]);
      }
    }
  }

  private static void norm(String what, double[] expected, double[] actual) {
    double difference = 0;
    double norm = 0;
    for (int n = 0; n < expected.length; n++) {
      if (Double.isFinite(expected[n])) {
        difference = Math.hypot(difference, actual[n] - expected[n]);
        norm = Math.hypot(norm, expected[n]);
      }
    }
    assertThat(difference).as(what + ": norm of the difference").isLessThanOrEqualTo(2e-5 * norm);
  }

  private static void sums(String what, double expected, double actual) {
    sums(what, new double[] {expected}, new double[] {actual});
  }

  private static void sums(String what, double[] expected, double[] actual) {
    double[] beyondResidue = actual.clone();
    for (int n = 0; n < Math.min(expected.length, actual.length); n++) {
      if (Math.abs(actual[n] - expected[n]) <= RESIDUE) {
        beyondResidue[n] = expected[n];
      }
    }
    SUMS.check(what, expected, beyondResidue);
  }

  public static void guards(StepRun run) {
    for (GuardedTensor gradient : run.gradients()) {
      assertThat(gradient.strayWrites()).as("bytes written beside the gradient").isEmpty();
    }
  }

  private static <T> double[] all(List<T> rows, ToDoubleFunction<T> number) {
    return rows.stream().mapToDouble(number).toArray();
  }

  private static <T> double[] flat(
      List<T> rows, java.util.function.Function<T, DoubleStream> numbers) {
    return rows.stream().flatMapToDouble(numbers).toArray();
  }
}
