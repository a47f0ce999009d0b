package dev.yololoss.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.Gradients;
import dev.yololoss.HeadTensor;
import dev.yololoss.LossEngine;
import dev.yololoss.LossResult;
import dev.yololoss.NativeInThisBuild;
import dev.yololoss.NonFinitePolicy;
import dev.yololoss.RandomCase;
import dev.yololoss.Seed;
import dev.yololoss.TensorLayout;
import dev.yololoss.TensorValues;
import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.Preset;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Where a gradient in double exceeds the range of the type that it is stored in, the stored one is
 * infinite with its sign, and never a NaN; where a loss in double exceeds a float's range, so is
 * the loss, or it is right.
 */
@EnabledIf(
    value = "dev.yololoss.NativeInThisBuild#isThere",
    disabledReason = NativeInThisBuild.REASON)
class HostOverflowTest {
  private static final double[] LARGE = {45, 60, 89, 100, 150, 300, 1e4, 1e38, 3e38};
  private static final double[] SCALES = {1, 1e37, 1e40, -1e40};

  /** What the reference's own rounding may leave of terms of order 1. */
  private static final double RESIDUE = 1e-14;

  private static final int CASES = 60;
  private static final Seed SEED = Seed.of(HostOverflowTest.class);

  @ParameterizedTest
  @EnumSource(Preset.class)
  void overflowIsInfiniteWithItsSign(Preset preset) {
    int[] infinite = new int[ElementType.values().length];
    SEED.draws(CASES)
        .forEach(
            seed -> {
              RandomCase input = input(preset, seed);
              double scale = SCALES[(int) Math.floorMod(seed, (long) SCALES.length)];
              Step truth = Step.of(Backend.REFERENCE, input, ElementType.F64, scale);
              for (ElementType type :
                  new ElementType[] {ElementType.F32, ElementType.F16, ElementType.BF16}) {
                Step found = Step.of(Backend.NATIVE, input, type, scale);
                for (int layer = 0; layer < truth.gradients.size(); layer++) {
                  infinite[type.ordinal()] +=
                      compare(
                          input.name() + ", " + type + " times " + scale + ", layer " + layer,
                          type,
                          RESIDUE * Math.abs(scale),
                          truth.gradients.get(layer),
                          found.gradients.get(layer));
                }
                sums(input.name(), truth.sums, found.sums);
              }
            });
    assertThat(infinite[ElementType.F16.ordinal()]).as("overflows seen in f16").isPositive();
    assertThat(infinite[ElementType.F32.ordinal()]).as("overflows seen in f32").isPositive();
  }

  /** Returns how many elements overflowed. */
  private static int compare(
      String what, ElementType type, double residue, HeadTensor truth, HeadTensor found) {
    double[] expected = TensorValues.of(truth);
    double[] actual = TensorValues.of(found);
    double[] limits = limits(type);
    int overflows = 0;
    for (int n = 0; n < expected.length; n++) {
      String at = what + ", " + TensorValues.place(truth, n) + ", expected " + expected[n];
      if (!Double.isNaN(expected[n])) {
        assertThat(actual[n]).as(at).isNotNaN();
      }
      if (Math.abs(expected[n]) >= limits[1] * (1 + 1e-4)) {
        overflows++;
        assertThat(actual[n])
            .as(at)
            .isEqualTo(Math.copySign(Double.POSITIVE_INFINITY, expected[n]));
      } else if (Math.abs(expected[n]) + residue <= limits[0] * (1 - 1e-2)) {
        assertThat(actual[n]).as(at).isFinite();
      }
    }
    return overflows;
  }

  /** The largest number of a type, and from where on a number rounds to infinity. */
  private static double[] limits(ElementType type) {
    return switch (type) {
      case F32 -> new double[] {Float.MAX_VALUE, 0x1.ffffffp127};
      case F16 -> new double[] {65504, 65520};
      case BF16 -> new double[] {0x1.fep127, 0x1.ffp127};
      case F64 -> throw new IllegalArgumentException("the reference's own");
    };
  }

  private static void sums(String what, double[] expected, double[] actual) {
    for (int n = 0; n < expected.length; n++) {
      double e = expected[n];
      boolean beyond = Math.abs(e) > Float.MAX_VALUE;
      if (Double.isNaN(e)
          || actual[n] == e
          || beyond && actual[n] == Math.copySign(Double.POSITIVE_INFINITY, e)) {
        continue;
      }
      assertThat(Math.abs(actual[n] - e))
          .as(what + ", part " + n + ", expected " + e + ", got " + actual[n])
          .isLessThanOrEqualTo(1e-5 * Math.abs(e) + RESIDUE);
    }
  }

  private static RandomCase input(Preset preset, long seed) {
    RandomCase drawn = RandomCase.draw(preset, RandomCase.Mood.CALM, seed);
    Random random = new Random(seed);
    boolean probabilities = drawn.spec().decoding() == BoxDecoding.DARKNET_NEW_COORDS;
    List<HeadTensor> predictions = drawn.as(ElementType.F32, TensorLayout.NCHW).predictions();
    for (HeadTensor p : predictions) {
      double[] values = TensorValues.of(p);
      for (int n = 0; n < values.length; n++) {
        if (random.nextInt(4) == 0) {
          double large = LARGE[random.nextInt(LARGE.length)];
          boolean first = n % p.attributes() < 4;
          // exponentials of more than 700 exceed a double too; products of probabilities likewise
          double most = first ? (probabilities ? 1e18 : 300) : 3e38;
          values[n] = (random.nextBoolean() ? 1 : -1) * Math.min(large, most);
        }
      }
      TensorValues.write(p, values);
    }
    return drawn.with(predictions, drawn.targets());
  }

  private record Step(List<HeadTensor> gradients, double[] sums) {
    static Step of(Backend backend, RandomCase input, ElementType type, double scale) {
      List<HeadTensor> gradients =
          input.predictions().stream()
              .map(p -> RandomCase.like(p, type, TensorLayout.NCHW, (byte) 0x55).tensor())
              .toList();
      EngineOptions options = EngineOptions.on(backend).with(NonFinitePolicy.REPORT);
      try (LossEngine engine = LossEngine.open(input.spec(), options)) {
        LossResult result =
            engine.compute(input.predictions(), input.targets(), Gradients.into(gradients), scale);
        return new Step(
            gradients,
            new double[] {
              result.parts().box(), result.parts().objectness(), result.parts().classification()
            });
      }
    }
  }
}
