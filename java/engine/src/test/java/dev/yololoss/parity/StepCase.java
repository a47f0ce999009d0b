package dev.yololoss.parity;

import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.NonFinitePolicy;
import dev.yololoss.RandomCase;
import dev.yololoss.TensorLayout;
import dev.yololoss.TensorValues;
import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.Preset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A random step with everything that a backend can get wrong about it: how its numbers lie in
 * memory, what is not finite, how its gradients are scaled and stored. The same seed gives the same
 * case.
 *
 * @param input in the memory that both backends read, so that both see the same rounded values
 */
public record StepCase(
    RandomCase input,
    ElementType gradientType,
    TensorLayout gradientLayout,
    double scale,
    NonFinitePolicy policy) {
  private static final ElementType[] TYPES = {
    ElementType.F32, ElementType.F32, ElementType.F16, ElementType.BF16, ElementType.F64
  };

  /** Where formulas change their branch or floats their range. */
  private static final double[] EDGES = {
    0, -0.0, 16, -16, 16.5, -16.5, 36.75, -36.75, 87, -87, 89, -89, 104, -104, 150, -150, 745, -745,
    30000, -30000, 1e-7, -1e-7, 1e-40, 1e38, -1e38
  };

  private static final double[] PROBABILITIES = {0, 1, 0.25, 0.5, 1e-40, 1 - 0x1p-20, -0.25, 1.5};
  private static final double[] ODD = {
    Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
  };
  private static final double[] SCALES = {1, 1, 1, 65536, 1.0 / 3, -2, 0};

  public static StepCase draw(long seed) {
    Preset[] presets = Preset.values();
    Preset preset = presets[(int) Math.floorMod(seed, (long) presets.length)];
    Random random = new Random(seed * 31 + 7);
    RandomCase.Mood mood = random.nextBoolean() ? RandomCase.Mood.CALM : RandomCase.Mood.AWKWARD;
    RandomCase drawn = RandomCase.draw(preset, mood, seed);
    ElementType type = pick(random, TYPES);
    List<HeadTensor> predictions =
        new ArrayList<>(drawn.as(type, pick(random, TensorLayout.values())).predictions());
    if (random.nextBoolean()) {
      roughen(predictions, random);
    }
    if (random.nextInt(10) < 3) {
      boolean probabilities = drawn.spec().decoding() == BoxDecoding.DARKNET_NEW_COORDS;
      plant(predictions, probabilities ? PROBABILITIES : EDGES, 0.04, random);
    }
    if (random.nextInt(8) == 0) {
      plant(predictions, ODD, random.nextBoolean() ? 0.001 : 0.02, random);
    }
    NonFinitePolicy policy =
        switch (random.nextInt(4)) {
          case 0 -> NonFinitePolicy.THROW;
          case 1 -> preset == Preset.DARKNET ? NonFinitePolicy.ZERO : NonFinitePolicy.REPORT;
          default -> NonFinitePolicy.REPORT;
        };
    return new StepCase(
        drawn.with(List.copyOf(predictions), drawn.targets()),
        random.nextBoolean() ? type : pick(random, TYPES),
        pick(random, TensorLayout.values()),
        pick(random, SCALES),
        policy);
  }

  public String name(long seed) {
    return input.name()
        + ", predictions "
        + input.predictions().getFirst().type()
        + ", gradients "
        + gradientType
        + " "
        + gradientLayout
        + " times "
        + scale
        + ", "
        + policy
        + "; repeat with -Dcase="
        + seed;
  }

  /** Digits beyond those that every type holds. */
  private static void roughen(List<HeadTensor> predictions, Random random) {
    for (HeadTensor p : predictions) {
      double[] values = TensorValues.of(p);
      for (int n = 0; n < values.length; n++) {
        values[n] *= 1 - random.nextDouble() / 64;
      }
      TensorValues.write(p, values);
    }
  }

  private static void plant(
      List<HeadTensor> predictions, double[] what, double share, Random random) {
    for (HeadTensor p : predictions) {
      double[] values = TensorValues.of(p);
      for (int n = 0; n < values.length; n++) {
        if (random.nextDouble() < share) {
          values[n] = what[random.nextInt(what.length)];
        }
      }
      TensorValues.write(p, values);
    }
  }

  private static <T> T pick(Random random, T[] choices) {
    return choices[random.nextInt(choices.length)];
  }

  private static double pick(Random random, double[] choices) {
    return choices[random.nextInt(choices.length)];
  }
}
