package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An image and its mirror image cost the same: every loss treats left and right alike. */
class LossMirrorTest {
  private static final Seed SEED = Seed.of(LossMirrorTest.class);

  @ParameterizedTest
  @EnumSource(Preset.class)
  void lossAndGradientsMirror(Preset preset) {
    int compared = 0;
    for (long seed : SEED.draws(60).toArray()) {
      RandomCase drawn = RandomCase.draw(preset, RandomCase.Mood.CALM, seed);
      Outcome outcome = Outcome.of(Backend.REFERENCE, drawn);
      if (orderOfNeighboursDecides(drawn.spec(), outcome)) {
        continue;
      }
      Outcome mirrored = Outcome.of(Backend.REFERENCE, mirrored(drawn));
      ParityAssert.within(1e-9, 0)
          .check(drawn.name() + " total", outcome.parts().total(), mirrored.parts().total());
      ParityAssert.within(1e-7, 1e-10)
          .check(
              drawn.name() + " gradients",
              outcome.gradients().stream().map(g -> mirrored(g, -1, 0)).toList(),
              mirrored.gradients());
      compared++;
    }
    assertThat(compared).isGreaterThan(15);
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void decodedBoxesMirror(Preset preset) {
    for (long seed : SEED.draws(10).toArray()) {
      RandomCase drawn = RandomCase.draw(preset, RandomCase.Mood.CALM, seed);
      try (LossEngine engine = LossEngine.open(drawn.spec(), Backend.REFERENCE)) {
        DecodedBoxes boxes = engine.decode(drawn.predictions());
        DecodedBoxes other = engine.decode(mirrored(drawn).predictions());
        int first = 0;
        for (int layer = 0; layer < drawn.predictions().size(); layer++) {
          HeadTensor p = drawn.predictions().get(layer);
          double width = p.width() * drawn.spec().heads().heads().get(layer).stride();
          for (int image = 0; image < p.images(); image++) {
            for (int n = 0; n < p.anchors() * p.height() * p.width(); n++) {
              int column = n % p.width();
              int box = first + n;
              int opposite = first + n - column + p.width() - 1 - column;
              String name = drawn.name() + ", box " + box;
              ParityAssert.within(1e-12, 1e-12)
                  .check(
                      name,
                      new double[] {
                        width - boxes.centreX(image, box),
                        boxes.centreY(image, box),
                        boxes.width(image, box),
                        boxes.height(image, box),
                        boxes.objectness(image, box),
                        boxes.probability(image, box, 0)
                      },
                      new double[] {
                        other.centreX(image, opposite),
                        other.centreY(image, opposite),
                        other.width(image, opposite),
                        other.height(image, opposite),
                        other.objectness(image, opposite),
                        other.probability(image, opposite, 0)
                      });
            }
          }
          first += p.anchors() * p.height() * p.width();
        }
      }
    }
  }

  /** Negative control: half a mirror is none. */
  @Test
  void mirroringOnlyTheTargetsShows() {
    RandomCase drawn =
        RandomCase.of(LossSpec.of(Preset.YOLOV3_BCE), RandomCase.Mood.CALM, SEED.value());
    double total = Outcome.of(Backend.REFERENCE, drawn).parts().total();
    RandomCase half = drawn.with(drawn.predictions(), mirrored(drawn).targets());
    assertThat(Outcome.of(Backend.REFERENCE, half).parts().total())
        .isNotCloseTo(total, Percentage.withPercentage(1e-6));
  }

  /**
   * yolov5 lets the last neighbour set a shared slot's objectness, and left comes before right; the
   * largest overlap has no side.
   */
  private static boolean orderOfNeighboursDecides(LossSpec spec, Outcome outcome) {
    boolean yolov5 = spec.preset() == Preset.YOLOV5 || spec.preset() == Preset.YOLOV5_CE;
    return yolov5 && !spec.objectness().sortByIou() && outcome.diagnostics().collisions() > 0;
  }

  private static RandomCase mirrored(RandomCase drawn) {
    boolean probabilities = drawn.spec().decoding() == BoxDecoding.DARKNET_NEW_COORDS;
    List<HeadTensor> predictions =
        drawn.predictions().stream().map(p -> mirrored(p, -1, probabilities ? 1 : 0)).toList();
    Targets targets = drawn.targets();
    Targets.Builder mirrored = Targets.builder();
    for (int row = 0; row < targets.size(); row++) {
      mirrored.add(
          targets.image(row),
          targets.category(row),
          1 - targets.centreX(row),
          targets.centreY(row),
          targets.width(row),
          targets.height(row));
    }
    return drawn.with(predictions, mirrored.build());
  }

  /** Columns in opposite order; x becomes {@code factor * x + offset}. */
  private static HeadTensor mirrored(HeadTensor t, double factor, double offset) {
    HeadTensor mirrored = RandomCase.like(t, t.type(), TensorLayout.NCHW, (byte) 0).tensor();
    for (int image = 0; image < t.images(); image++) {
      for (int anchor = 0; anchor < t.anchors(); anchor++) {
        for (int row = 0; row < t.height(); row++) {
          for (int column = 0; column < t.width(); column++) {
            for (int attribute = 0; attribute < t.attributes(); attribute++) {
              double value = t.get(image, anchor, attribute, row, column);
              mirrored.set(
                  image,
                  anchor,
                  attribute,
                  row,
                  t.width() - 1 - column,
                  attribute == 0 ? factor * value + offset : value);
            }
          }
        }
      }
    }
    return mirrored;
  }
}
