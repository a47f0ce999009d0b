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
 * heads}); with few classes that leaves these next to nothing. Here: box 0.15 (its 0.05 for one
 * head), objectness 1 and not balanced over the heads, classes 0.3 whatever their number (with 0.15
 * six epochs left the generated shapes found but confused, mAP@.5 0.63; with 0.6 it was 0.96); with
 * softmax 0.15, since a cross-entropy is not divided by the number of classes.
 *
 * <p>Darknet: the CIoU box term that its own YOLOv4 trains with, at that network's normaliser 0.07
 * and ignore threshold 0.7. All other presets keep their original's weights.
 */
final class PresetWeights {
  private PresetWeights() {}

  static LossSpec.Builder of(Preset preset, int heads) {
    LossSpec.Builder builder = LossSpec.builder(preset);
    switch (preset) {
      case YOLOV5 -> gains(builder, heads, 0.3);
      case YOLOV5_CE -> gains(builder, heads, 0.15);
      case DARKNET, DARKNET_AUTODIFF ->
          builder
              .option("box.kind", BoxTerm.Kind.ONE_MINUS_CIOU)
              .option("box.weight", 0.07)
              .option("ignore.threshold", 0.7);
      default -> {}
    }
    return builder;
  }

  private static void gains(LossSpec.Builder builder, int heads, double classes) {
    builder
        .option("box.weight", 0.15)
        .option("objectness.weight", 1.0)
        .option("classification.weight", classes)
        .option("reduction.balance", Collections.nCopies(heads, 1.0));
  }
}
