package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.spec.Preset;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The generator promises hard cases; this says which ones really come. */
class RandomCaseTest {
  private static final Seed SEED = Seed.of(RandomCaseTest.class);

  @ParameterizedTest
  @EnumSource(Preset.class)
  void aSeedGivesTheSameCaseAndAnotherSeedAnother(Preset preset) {
    RandomCase a = RandomCase.draw(preset, RandomCase.Mood.AWKWARD, SEED.value());
    RandomCase b = RandomCase.draw(preset, RandomCase.Mood.AWKWARD, SEED.value());
    RandomCase c = RandomCase.draw(preset, RandomCase.Mood.AWKWARD, SEED.value() + 1);
    assertThat(b.spec()).isEqualTo(a.spec());
    ParityAssert.exactly().check("predictions", a.predictions(), b.predictions());
    assertThat(b.targets().size()).isEqualTo(a.targets().size());
    assertThat(TensorValues.of(c.predictions().getFirst()))
        .isNotEqualTo(TensorValues.of(a.predictions().getFirst()));
  }

  @Test
  void everyTypeAndLayoutHoldsTheSameValues() {
    RandomCase drawn = RandomCase.draw(Preset.DARKNET, RandomCase.Mood.AWKWARD, SEED.value());
    for (ElementType type : ElementType.values()) {
      for (TensorLayout layout : TensorLayout.values()) {
        ParityAssert.exactly()
            .check(type + " " + layout, drawn.predictions(), drawn.as(type, layout).predictions());
      }
    }
  }

  @Test
  void awkwardCasesAreAwkward() {
    Set<String> seen = new HashSet<>();
    SEED.draws(300)
        .forEach(
            seed -> {
              RandomCase drawn = RandomCase.draw(Preset.YOLOV5, RandomCase.Mood.AWKWARD, seed);
              Targets targets = drawn.targets();
              HeadTensor first = drawn.predictions().getFirst();
              note(seen, "grid of one cell", first.width() == 1 && first.height() == 1);
              note(seen, "not square", first.width() != first.height());
              note(seen, "prime side", first.width() == 7 || first.height() == 5);
              note(seen, "no targets", targets.size() == 0);
              seen.add("batch " + first.images());
              seen.add("classes " + drawn.spec().classes());
              seen.add("heads " + drawn.predictions().size());
              for (int image = 0; image < first.images() && targets.size() > 0; image++) {
                note(seen, "empty image", targets.rowsOf(image).length == 0);
              }
              for (int row = 0; row < targets.size(); row++) {
                double x = targets.centreX(row);
                note(seen, "centre at 0", x == 0);
                note(seen, "centre at 1", x == 1);
                note(seen, "centre on a line", x > 0 && x < 1 && x * first.width() % 1 == 0);
                note(seen, "over the border", x + targets.width(row) / 2 > 1.2);
                note(
                    seen, "same place", row > 0 && x == targets.centreX(row - 1) && x % 0.125 != 0);
              }
              for (double value : TensorValues.of(first)) {
                note(seen, "logit 100", Math.abs(value) == 100);
              }
            });
    assertThat(seen)
        .contains(
            "grid of one cell",
            "not square",
            "prime side",
            "no targets",
            "batch 1",
            "batch 2",
            "batch 3",
            "classes 1",
            "classes 2",
            "classes 3",
            "classes 81",
            "heads 1",
            "heads 3",
            "empty image",
            "centre at 0",
            "centre at 1",
            "centre on a line",
            "over the border",
            "same place",
            "logit 100");
  }

  private static void note(Set<String> seen, String what, boolean happened) {
    if (happened) {
      seen.add(what);
    }
  }
}
