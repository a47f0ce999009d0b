package dev.yololoss.reference;

import dev.yololoss.ElementType;
import dev.yololoss.HeadTensor;
import dev.yololoss.Targets;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.LossSpec;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random double inputs for one loss, with the decisions frozen at the base point. */
record FrozenCase(
    LossSpec spec,
    List<HeadTensor> predictions,
    Targets targets,
    List<HeadValues> heads,
    Decisions decisions,
    double[] balance) {
  static FrozenCase random(
      Arena arena, LossSpec spec, int images, int imageSize, SplittableRandom random) {
    List<HeadTensor> predictions = new ArrayList<>();
    List<HeadValues> heads = new ArrayList<>();
    for (int layer = 0; layer < spec.heads().heads().size(); layer++) {
      Head head = spec.heads().heads().get(layer);
      int side = imageSize / head.stride();
      long size = (long) images * head.anchors().size() * spec.attributes() * side * side;
      HeadTensor tensor =
          HeadTensor.nchw(
              arena.allocate(8 * size, 8),
              ElementType.F64,
              images,
              head.anchors().size(),
              spec.attributes(),
              side,
              side);
      boolean probabilities = spec.decoding() == dev.yololoss.spec.BoxDecoding.DARKNET_NEW_COORDS;
      for (long i = 0; i < size; i++) {
        tensor
            .type()
            .set(
                tensor.memory(),
                i,
                probabilities ? random.nextDouble(0.05, 0.95) : random.nextDouble(-2, 2));
      }
      predictions.add(tensor);
      heads.add(new HeadValues(Grid.of(spec, layer, tensor), tensor));
    }
    Targets targets = targets(spec, images, random);
    double[] balance = spec.reduction().balance().stream().mapToDouble(d -> d).toArray();
    return new FrozenCase(
        spec, predictions, targets, heads, Decide.of(spec, heads, targets), balance);
  }

  /** Image 0 is crowded, so that slots are shared; the last of several images is empty. */
  private static Targets targets(LossSpec spec, int images, SplittableRandom random) {
    Targets.Builder builder = Targets.builder();
    for (int image = 0; image < Math.max(1, images - 1); image++) {
      for (int n = image == 0 ? 6 : 2; n > 0; n--) {
        double x = random.nextDouble(0.02, 0.98);
        double y = random.nextDouble(0.02, 0.98);
        double w = random.nextDouble(0.05, 0.6);
        double h = random.nextDouble(0.05, 0.6);
        builder.add(image, random.nextInt(spec.classes()), x, y, w, h);
        if (image == 0 && n % 3 == 0) {
          builder.add(image, random.nextInt(spec.classes()), x + 1e-4, y, w * 1.01, h);
        }
      }
    }
    return builder.build();
  }

  double total() {
    return Evaluate.of(spec, heads, decisions, balance).ledger().total().total();
  }

  Ledger ledger() {
    return Evaluate.of(spec, heads, decisions, balance).ledger();
  }

  /** The gradient that the reference enters for one raw output. */
  static double slope(Ledger ledger, int layer, int slot, int attribute) {
    Ledger.LayerGradient gradient = ledger.gradients().get(layer);
    if (attribute == 4) {
      return gradient.objectness()[slot];
    }
    double[] matched = gradient.matched().get(slot);
    return matched == null ? 0 : matched[attribute];
  }
}
