package dev.yololoss;

import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One step's input, drawn from a seed: the same seed gives the same case.
 *
 * <p>Every prediction is a number that all element types hold exactly, so that {@link #as} changes
 * the memory and not the values.
 *
 * @param name preset, mood and seed, for messages
 */
public record RandomCase(
    String name, LossSpec spec, List<HeadTensor> predictions, Targets targets) {
  /** What kind of case. */
  public enum Mood {
    /**
     * One to two targets an image, off the lines of the grids; logits as an untrained network has
     * them.
     */
    CALM,
    /**
     * Grids of one cell, odd sides, empty images, crowds on one slot, centres on lines and borders,
     * boxes over the border, a few logits of 30 and 100 of either sign.
     */
    AWKWARD
  }

  /** A variant of the preset with drawn options, heads and classes. */
  public static RandomCase draw(Preset preset, Mood mood, long seed) {
    Random random = new Random(seed);
    return draw(RandomSpec.of(preset, random), mood, random, preset.id() + " seed " + seed);
  }

  /** A case for a given loss, whose strides divide 32. */
  public static RandomCase of(LossSpec spec, Mood mood, long seed) {
    return draw(spec, mood, new Random(seed), spec.preset().id() + " given, seed " + seed);
  }

  private static RandomCase draw(LossSpec spec, Mood mood, Random random, String name) {
    Heads heads = spec.heads();
    int[] sides = heads.heads().size() == 1 ? new int[] {1, 2, 3, 5, 7} : new int[] {1, 2};
    int width = 32 * sides[random.nextInt(sides.length)];
    int height = 32 * sides[random.nextInt(sides.length)];
    int images = 1 + random.nextInt(3);
    List<HeadTensor> predictions = new ArrayList<>();
    int finest = Integer.MAX_VALUE;
    for (var head : heads.heads()) {
      finest = Math.min(finest, head.stride());
      HeadTensor tensor =
          TensorLayout.NCHW
              .allocate(
                  ElementType.F64,
                  images,
                  head.anchors().size(),
                  spec.attributes(),
                  height / head.stride(),
                  width / head.stride(),
                  (byte) 0)
              .tensor();
      boolean probabilities = spec.decoding() == BoxDecoding.DARKNET_NEW_COORDS;
      double[] values = new double[(int) tensor.size()];
      for (int n = 0; n < values.length; n++) {
        values[n] = probabilities ? probability(random) : logit(mood, random);
      }
      TensorValues.write(tensor, values);
      predictions.add(tensor);
    }
    Targets targets =
        RandomTargets.of(mood, random, images, spec.classes(), width / finest, height / finest);
    return new RandomCase(mood + " " + name, spec, List.copyOf(predictions), targets);
  }

  private static double logit(Mood mood, Random random) {
    if (mood == Mood.AWKWARD && random.nextInt(25) == 0) {
      return (random.nextBoolean() ? 1 : -1) * (random.nextBoolean() ? 30 : 100);
    }
    double most = 7.9375; // seven bits and a sign: exact in bfloat16
    return Math.clamp(Math.rint(random.nextGaussian() * 1.5 * 16) / 16, -most, most);
  }

  private static double probability(Random random) {
    return (1 + random.nextInt(127)) / 128.0;
  }

  /** The same values as another type in another layout. */
  public RandomCase as(ElementType type, TensorLayout layout) {
    return with(predictions.stream().map(p -> copy(p, type, layout)).toList(), targets);
  }

  public RandomCase with(List<HeadTensor> otherPredictions, Targets otherTargets) {
    return new RandomCase(name, spec, otherPredictions, otherTargets);
  }

  /** So many ordinary boxes in these images. */
  public Targets crowd(int count, Random random) {
    Targets.Builder crowd = Targets.builder();
    for (int n = 0; n < count; n++) {
      crowd.add(
          random.nextInt(images()),
          random.nextInt(spec.classes()),
          random.nextDouble(),
          random.nextDouble(),
          0.05 + random.nextDouble() / 2,
          0.05 + random.nextDouble() / 2);
    }
    return crowd.build();
  }

  public int images() {
    return predictions.getFirst().images();
  }

  public static HeadTensor copy(HeadTensor tensor, ElementType type, TensorLayout layout) {
    HeadTensor copy = like(tensor, type, layout, (byte) 0x7f).tensor();
    TensorValues.write(copy, TensorValues.of(tensor));
    return copy;
  }

  /** Memory in the shape of a tensor. */
  public static GuardedTensor like(
      HeadTensor tensor, ElementType type, TensorLayout layout, byte filling) {
    return layout.allocate(
        type,
        tensor.images(),
        tensor.anchors(),
        tensor.attributes(),
        tensor.height(),
        tensor.width(),
        filling);
  }
}
