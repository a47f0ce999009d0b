package dev.yololoss;

import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** A step small enough to look at every number: images of 96 x 64 pixels, three classes. */
final class SmallCase {
  static final Heads ONE_HEAD = Heads.builder().head(32, 20, 24, 60, 40).build();
  static final Heads TWO_HEADS = Heads.builder().head(16, 12, 16).head(32, 20, 24, 60, 40).build();

  private SmallCase() {}

  static LossSpec spec(Preset preset, Heads heads) {
    return LossSpec.builder(preset).classes(3).heads(heads).build();
  }

  /** Three images, the middle one empty, others with a target each. */
  static RandomCase of(LossSpec spec, long seed) {
    return of(spec, seed, 96, 64);
  }

  static RandomCase of(LossSpec spec, long seed, int width, int height) {
    List<HeadTensor> predictions =
        spec.heads().heads().stream()
            .map(
                h ->
                    TensorLayout.NCHW
                        .allocate(
                            ElementType.F32,
                            3,
                            h.anchors().size(),
                            spec.attributes(),
                            height / h.stride(),
                            width / h.stride(),
                            (byte) 0)
                        .tensor())
            .toList();
    var random = new Random(seed);
    for (HeadTensor p : predictions) {
      TensorValues.write(
          p,
          IntStream.range(0, (int) p.size())
              .mapToDouble(n -> Math.rint(random.nextGaussian() * 16) / 16)
              .toArray());
    }
    Targets targets =
        Targets.builder().add(0, 1, 0.3, 0.4, 0.3, 0.5).add(2, 2, 0.8, 0.7, 0.55, 0.6).build();
    return new RandomCase(spec.preset().id(), spec, predictions, targets);
  }

  /** Gradients of its own in the type of the predictions, every byte poisoned. */
  static List<GuardedTensor> poisoned(RandomCase input, TensorLayout layout, byte poison) {
    return input.predictions().stream()
        .map(p -> RandomCase.like(p, p.type(), layout, poison))
        .toList();
  }

  static Gradients into(List<GuardedTensor> tensors) {
    return Gradients.into(tensors.stream().map(GuardedTensor::tensor).toList());
  }

  static List<HeadTensor> tensors(List<GuardedTensor> tensors) {
    return tensors.stream().map(GuardedTensor::tensor).toList();
  }
}
