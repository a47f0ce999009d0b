package dev.yololoss.trainer.check;

import dev.yololoss.spec.BoxTerm;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.ObjectnessTerm;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import java.util.List;

/** The YOLOv3-from-scratch series: {@code bbox_loss} mse or iou, {@code obj_label} 1 or iou. */
final class FromScratchTranslator implements Translator {
  @Override
  public Translated translate(Preset preset, CaseConfig config, List<double[]> rows)
      throws SafetensorsException {
    boolean iouLabel = choice(config, "obj_label", "1", "iou");
    boolean iouLoss = choice(config, "bbox_loss", "mse", "iou");
    LossSpec.Builder builder =
        LossSpec.builder(preset)
            .classes(config.whole("classes"))
            .heads(Translator.ownAnchors(config))
            .option("box.kind", kind(preset, iouLoss, iouLabel))
            .option(
                "objectness.target",
                iouLabel ? ObjectnessTerm.Target.MATCH_IOU : ObjectnessTerm.Target.ONE);
    if (preset == Preset.YOLOV3_RATIO) {
      builder.option("assignment.ratioLimit", config.number("ratio_threshold"));
    }
    return new Translated(Translator.build(config, builder), rows, Translated::parts, List.of());
  }

  private static BoxTerm.Kind kind(Preset preset, boolean iouLoss, boolean iouLabel) {
    if (iouLoss) {
      return BoxTerm.Kind.ONE_MINUS_IOU;
    }
    return preset == Preset.YOLOV3_RATIO && iouLabel
        ? BoxTerm.Kind.SQUARED_ERROR_CELL_AND_IOU
        : BoxTerm.Kind.SQUARED_ERROR_CELL;
  }

  /** Whether a two-valued setting has its second value. */
  private static boolean choice(CaseConfig config, String key, String first, String second)
      throws SafetensorsException {
    String value = config.text(key);
    if (!value.equals(first) && !value.equals(second)) {
      throw config.wrong(key, config.node().get(key), "\"" + first + "\" or \"" + second + "\"");
    }
    return value.equals(second);
  }
}
