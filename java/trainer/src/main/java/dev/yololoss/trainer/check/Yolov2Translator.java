package dev.yololoss.trainer.check;

import dev.yololoss.RawSums;
import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import java.util.List;

/** zjykzj/YOLOv2: scales, and anchors in grid units. */
final class Yolov2Translator implements Translator {
  @Override
  public Translated translate(Preset preset, CaseConfig config, List<double[]> rows)
      throws SafetensorsException {
    double onMatches = config.number("obj_scale");
    double elsewhere = config.number("noobj_scale");
    int stride = config.list("layers").getFirst().whole("stride");
    double[] sides =
        config.anchors("anchors_grid").stream()
            .flatMap(a -> List.of(a.width() * stride, a.height() * stride).stream())
            .mapToDouble(d -> d)
            .toArray();
    LossSpec.Builder builder =
        LossSpec.builder(preset)
            .classes(config.whole("classes"))
            .heads(Heads.builder().head(stride, sides).build())
            .option("box.weight", config.number("coord_scale"))
            .option("objectness.matchWeight", onMatches)
            .option("objectness.elsewhereWeight", elsewhere)
            .option("classification.weight", config.number("class_scale"));
    boolean v1 = preset == Preset.YOLOV2_V1;
    if (!v1) {
      builder.option("ignore.threshold", config.number("ignore_thresh"));
    }
    return new Translated(
        Translator.build(config, builder),
        rows,
        result -> {
          RawSums sums = result.rawSums().getFirst();
          double box = sums.xy() + sums.wh();
          return v1
              ? new double[] {
                box, sums.objectnessOnMatches(), sums.objectnessElsewhere(), sums.classification()
              }
              : new double[] {
                box,
                onMatches * onMatches * sums.objectnessOnMatches()
                    + elsewhere * elsewhere * sums.objectnessElsewhere(),
                sums.classification()
              };
        },
        List.of());
  }
}
