package dev.yololoss.trainer.check;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import java.util.List;
import java.util.stream.DoubleStream;

/** zjykzj/YOLOv3 YOLOv3Loss. */
final class Yolov3LogitsTranslator implements Translator {
  @Override
  public Translated translate(Preset preset, CaseConfig config, List<double[]> rows)
      throws SafetensorsException {
    LossSpec.Builder builder =
        LossSpec.builder(preset)
            .classes(config.whole("classes"))
            .heads(PooledAnchors.of(config, 1))
            .option("ignore.threshold", config.number("ignore_thresh"))
            .option("box.weight", config.number("coord_scale"))
            .option("objectness.matchWeight", config.number("obj_scale"))
            .option("objectness.elsewhereWeight", config.number("noobj_scale"))
            .option("classification.weight", config.number("class_scale"));
    return new Translated(
        Translator.build(config, builder),
        rows,
        result ->
            result.rawSums().stream()
                .flatMapToDouble(
                    s ->
                        DoubleStream.of(
                            s.xy(),
                            s.wh(),
                            s.objectnessOnMatches(),
                            s.objectnessElsewhere(),
                            s.classification()))
                .toArray(),
        List.of());
  }
}
