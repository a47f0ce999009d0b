package dev.yololoss.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.Backend;
import dev.yololoss.Diagnostics;
import dev.yololoss.HeadTensor;
import dev.yololoss.IgnoreMask;
import dev.yololoss.LossParts;
import dev.yololoss.Match;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.NonFinite;
import dev.yololoss.Outcome;
import dev.yololoss.Seed;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** What the comparison must not let pass. */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class CompareRunsTest {
  private static final Seed SEED = Seed.of(CompareRunsTest.class);

  /** A case with matches, without anything that is not finite. */
  private static StepRun run() {
    return SEED.draws(1000)
        .mapToObj(StepCase::draw)
        .filter(c -> c.scale() == 1)
        .map(c -> StepRun.of(Backend.REFERENCE, c))
        .filter(CompareRunsTest::isPlain)
        .findFirst()
        .orElseThrow();
  }

  private static boolean isPlain(StepRun run) {
    return run.outcome()
        .filter(o -> !o.matches().isEmpty())
        .filter(o -> o.diagnostics().firstNonFinite().isEmpty())
        .filter(o -> o.parts().objectness() > 0)
        .isPresent();
  }

  @Test
  void aRunAgreesWithItself() {
    assertThatCode(() -> CompareRuns.check(run(), run())).doesNotThrowAnyException();
  }

  @Test
  void aWrongSumIsFound() {
    LossParts p = run().outcome().orElseThrow().parts();
    LossParts wrong = new LossParts(p.box(), p.objectness() * 1.001, p.classification());
    caught(o -> with(o, wrong, o.diagnostics(), o.matches()));
    caught(o -> with(o, new LossParts(p.box(), Double.NaN, 0), o.diagnostics(), o.matches()));
  }

  @Test
  void aWrongDecisionIsFound() {
    caught(o -> with(o, o.parts(), o.diagnostics(), first(o, m -> match(m, 1, 0, m.iou()))));
    caught(o -> with(o, o.parts(), o.diagnostics(), first(o, m -> match(m, 0, 1, m.iou()))));
    caught(o -> with(o, o.parts(), o.diagnostics(), first(o, m -> match(m, 0, 0, m.iou() + 0.01))));
    caught(o -> with(o, o.parts(), o.diagnostics(), o.matches().subList(1, o.matches().size())));
    caught(
        o -> {
          Diagnostics d = o.diagnostics();
          Diagnostics wrong =
              new Diagnostics(
                  d.positives(),
                  d.collisions(),
                  d.ignored() + 1,
                  d.meanIou(),
                  d.recall50(),
                  d.recall75(),
                  d.objectnessOnMatches(),
                  d.objectnessElsewhere(),
                  d.firstNonFinite(),
                  d.deltaTallies());
          return with(o, o.parts(), wrong, o.matches());
        });
  }

  @Test
  void aWrongMaskOrExceptionIsFound() {
    StepRun run = run();
    List<BitSet> layers = new ArrayList<>(run.ignored().layers());
    layers.getFirst().flip(0);
    fails(
        new StepRun(
            run.outcome(),
            run.thrown(),
            run.gradients(),
            run.state(),
            run.assigned(),
            new IgnoreMask(layers)));
    NonFinite somewhere = new NonFinite(NonFinite.Kind.PREDICTION, 0, 0, 0, 0, 0, 4, Double.NaN);
    fails(
        new StepRun(
            run.outcome(),
            Optional.of(somewhere),
            run.gradients(),
            run.state(),
            run.assigned(),
            run.ignored()));
  }

  @Test
  void aWrongGradientElementIsFound() {
    for (double wrong : new double[] {1, Double.NaN, Double.POSITIVE_INFINITY}) {
      StepRun run = run();
      HeadTensor tensor = run.gradients().getFirst().tensor();
      tensor.set(0, 0, 2, 0, 0, tensor.get(0, 0, 2, 0, 0) + wrong);
      fails(run);
    }
  }

  private static void caught(UnaryOperator<Outcome> plant) {
    StepRun run = run();
    fails(
        new StepRun(
            run.outcome().map(plant),
            run.thrown(),
            run.gradients(),
            run.state(),
            run.assigned(),
            run.ignored()));
  }

  private static void fails(StepRun planted) {
    assertThatThrownBy(() -> CompareRuns.check(run(), planted)).isInstanceOf(AssertionError.class);
  }

  private static Outcome with(
      Outcome o, LossParts parts, Diagnostics diagnostics, List<Match> matches) {
    assertThat(o.matches()).isNotEmpty();
    return new Outcome(
        parts, o.perLayer(), o.perImage(), o.rawSums(), diagnostics, matches, o.gradients());
  }

  private static List<Match> first(Outcome o, UnaryOperator<Match> change) {
    List<Match> matches = new ArrayList<>(o.matches());
    matches.set(0, change.apply(matches.getFirst()));
    return matches;
  }

  private static Match match(Match m, int anchor, int column, double iou) {
    return new Match(
        m.target(),
        m.layer(),
        m.image(),
        m.anchor() + anchor,
        m.row(),
        m.column() + column,
        m.replaced(),
        iou,
        m.boxLoss(),
        m.objectnessLoss(),
        m.classLoss());
  }
}
