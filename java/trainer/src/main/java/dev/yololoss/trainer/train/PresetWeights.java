package dev.yololoss.trainer.train;

import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.Collections;

/**
 * The weights with which the harness trains a preset that is asked for by name.
 *
 * <p>yolov5 publishes its gains for three heads, 80 classes and 640 pixels and rescales them for
 * others ({@code box *= 3 / heads, cls *= classes / 80 * 3 / heads, obj *= (size / 640)^2 * 3 /
 * heads}); with one head and few classes that leaves classes next to nothing. Here box and class
 * weigh as with one head, objectness is not balanced over layers, and classes do not shrink with
 * their number. Darknet's squared box deltas learn slowly beside its summed objectness, so its box
 * term is the CIoU that its own YOLOv4 trains with, at that network's normaliser.
 */
final class PresetWeights {
  private PresetWeights() {}

  static LossSpec.Builder of(Preset preset, int heads) {
    LossSpec.Builder builder = LossSpec.builder(preset);
    switch (preset) {
      case YOLOV5, YOLOV5_CE ->
          builder
              .option("box.weight", 0.15)
              .option("objectness.weight", 1.0)
              .option("classification.weight", 0.15)
              .option("reduction.balance", Collections.nCopies(heads, 1.0));
      case DARKNET, DARKNET_AUTODIFF ->
          builder
              .option("box.kind", BoxTerm.Kind.ONE_MINUS_CIOU)
              .option("box.weight", 0.07)
              .option("ignore.threshold", 0.7);
      default -> {}
    }
    return builder;
  }
}
