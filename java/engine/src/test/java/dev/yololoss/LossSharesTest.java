package dev.yololoss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.yololoss.spec.Preset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Shares add up, images do not depend on their place in the batch, a further image adds its own.
 */
class LossSharesTest {
  private static final Seed SEED = Seed.of(LossSharesTest.class);
  private static final ParityAssert SUMS = ParityAssert.within(1e-12, 1e-12);

  @ParameterizedTest
  @EnumSource(Preset.class)
  void layersAndImagesAddUpToTheTotal(Preset preset) {
    for (RandomCase.Mood mood : RandomCase.Mood.values()) {
      SEED.draws(15)
          .forEach(
              seed -> {
                RandomCase drawn = RandomCase.draw(preset, mood, seed);
                Outcome outcome = Outcome.of(Backend.REFERENCE, drawn);
                assertThat(outcome.perLayer()).hasSize(drawn.predictions().size());
                assertThat(outcome.perImage()).hasSize(drawn.images());
                for (List<LossParts> shares : List.of(outcome.perLayer(), outcome.perImage())) {
                  SUMS.check(
                      drawn.name(),
                      numbers(List.of(outcome.parts())),
                      new double[] {
                        sum(shares, LossParts::box),
                        sum(shares, LossParts::objectness),
                        sum(shares, LossParts::classification),
                        sum(shares, LossParts::total)
                      });
                }
              });
    }
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void imagesMayStandInAnyOrder(Preset preset) {
    int moved = 0;
    for (long seed : SEED.draws(20).toArray()) {
      RandomCase drawn = RandomCase.draw(preset, RandomCase.Mood.AWKWARD, seed);
      int images = drawn.images();
      moved += images > 1 ? 1 : 0;
      RandomCase rotated = rotated(drawn);
      Outcome outcome = Outcome.of(Backend.REFERENCE, drawn);
      Outcome other = Outcome.of(Backend.REFERENCE, rotated);
      SUMS.check(
          drawn.name() + " shares", numbers(rotate(outcome.perImage())), numbers(other.perImage()));
      ParityAssert.within(1e-10, 1e-13)
          .check(
              drawn.name() + " gradients",
              outcome.gradients().stream().map(g -> rotated(g)).toList(),
              other.gradients());
    }
    assertThat(moved).isPositive();
  }

  /** Negative control: the comparison of this suite sees an image that kept its place. */
  @Test
  void anImageThatDidNotMoveWouldShow() {
    RandomCase drawn = batchOfSeveral(Preset.YOLOV5);
    Outcome outcome = Outcome.of(Backend.REFERENCE, drawn);
    assertThatThrownBy(
            () ->
                SUMS.check(
                    "not rotated",
                    numbers(outcome.perImage()),
                    numbers(Outcome.of(Backend.REFERENCE, rotated(drawn)).perImage())))
        .isInstanceOf(AssertionError.class);
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void aFurtherImageWithoutTargetsAddsWhatTheRuleSays(Preset preset) {
    for (long seed : SEED.draws(10).toArray()) {
      RandomCase drawn = RandomCase.draw(preset, RandomCase.Mood.CALM, seed);
      RandomCase longer = withFurtherImage(drawn);
      LossParts before = Outcome.of(Backend.REFERENCE, drawn).parts();
      Outcome outcome = Outcome.of(Backend.REFERENCE, longer);
      LossParts after = outcome.parts();
      LossParts added = outcome.perImage().getLast();
      double growth = (drawn.images() + 1.0) / drawn.images();
      String name = drawn.name();
      assertThat(added.box()).as(name).isZero();
      assertThat(added.classification()).as(name).isZero();
      double[] expected =
          switch (preset) {
            // means over the rows stay and are multiplied by the batch; the objectness is a mean
            // over all cells times the batch, so what others pay stays
            case YOLOV5, YOLOV5_CE ->
                new double[] {
                  before.box() * growth,
                  before.objectness() + added.objectness(),
                  before.classification() * growth
                };
            // the image is left out, but counts in the batch
            case YOLOV2, YOLOV2_OLD, YOLOV2_V1, YOLOV2_V2, YOLOV3_LOGITS ->
                new double[] {
                  before.box() / growth,
                  before.objectness() / growth,
                  before.classification() / growth
                };
            case DARKNET_AUTODIFF ->
                new double[] {
                  before.box() / growth,
                  before.objectness() / growth + added.objectness(),
                  before.classification() / growth
                };
            case YOLOV3_BCE, DARKNET ->
                new double[] {
                  before.box(), before.objectness() + added.objectness(), before.classification()
                };
            // means over rows stay; the objectness is a mean over all cells of the batch
            case YOLOV3_RATIO, YOLOV3_BEST ->
                new double[] {
                  before.box(),
                  before.objectness() / growth + added.objectness(),
                  before.classification()
                };
          };
      SUMS.check(
          name, expected, new double[] {after.box(), after.objectness(), after.classification()});
      boolean skips =
          switch (preset) {
            case YOLOV2, YOLOV2_OLD, YOLOV2_V1, YOLOV2_V2, YOLOV3_LOGITS -> true;
            default -> false;
          };
      if (skips) {
        assertThat(added.objectness()).as(name).isZero();
      } else {
        assertThat(added.objectness()).as(name).isPositive();
      }
    }
  }

  private static RandomCase batchOfSeveral(Preset preset) {
    return SEED.draws(100)
        .mapToObj(seed -> RandomCase.draw(preset, RandomCase.Mood.CALM, seed))
        .filter(c -> c.images() > 1)
        .findFirst()
        .orElseThrow();
  }

  private static RandomCase rotated(RandomCase drawn) {
    Targets.Builder targets = Targets.builder();
    for (int row = 0; row < drawn.targets().size(); row++) {
      copyRow(drawn.targets(), row, (drawn.targets().image(row) + 1) % drawn.images(), targets);
    }
    return drawn.with(
        drawn.predictions().stream().map(LossSharesTest::rotated).toList(), targets.build());
  }

  private static void copyRow(Targets from, int row, int image, Targets.Builder to) {
    to.add(
        image,
        from.category(row),
        from.centreX(row),
        from.centreY(row),
        from.width(row),
        from.height(row));
  }

  /** The last image becomes the first. */
  private static HeadTensor rotated(HeadTensor tensor) {
    double[] values = TensorValues.of(tensor);
    int perImage = values.length / tensor.images();
    double[] rotated = new double[values.length];
    for (int n = 0; n < values.length; n++) {
      rotated[(n + perImage) % values.length] = values[n];
    }
    HeadTensor other = RandomCase.like(tensor, tensor.type(), TensorLayout.NCHW, (byte) 0).tensor();
    TensorValues.write(other, rotated);
    return other;
  }

  private static <T> List<T> rotate(List<T> list) {
    List<T> rotated = new ArrayList<>(list);
    Collections.rotate(rotated, 1);
    return rotated;
  }

  private static RandomCase withFurtherImage(RandomCase drawn) {
    List<HeadTensor> longer =
        drawn.predictions().stream()
            .map(
                p -> {
                  HeadTensor more =
                      TensorLayout.NCHW
                          .allocate(
                              p.type(),
                              p.images() + 1,
                              p.anchors(),
                              p.attributes(),
                              p.height(),
                              p.width(),
                              (byte) 0)
                          .tensor();
                  double[] values = TensorValues.of(p);
                  double[] all = Arrays.copyOf(values, (int) more.size());
                  System.arraycopy(values, 0, all, values.length, values.length / p.images());
                  TensorValues.write(more, all);
                  return more;
                })
            .toList();
    return drawn.with(longer, drawn.targets());
  }

  private static double sum(List<LossParts> parts, ToDoubleFunction<LossParts> part) {
    return parts.stream().mapToDouble(part).sum();
  }

  private static double[] numbers(List<LossParts> parts) {
    return parts.stream()
        .flatMapToDouble(
            p -> DoubleStream.of(p.box(), p.objectness(), p.classification(), p.total()))
        .toArray();
  }
}
