package dev.yololoss.trainer.check;

import dev.yololoss.RawSums;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * zjykzj/YOLOv3 YOLOv3LossV2 and DeNA's YOLOLayer, which log differently.
 *
 * @param dena whether to log as DeNA does: wh halved, and an l2 that is not recomputed since
 *     nothing depends on it
 */
record Yolov3BceTranslator(boolean dena) implements Translator {
  @Override
  public Translated translate(Preset preset, CaseConfig config, List<double[]> rows)
      throws SafetensorsException {
    LossSpec.Builder builder =
        LossSpec.builder(preset)
            .classes(config.whole("classes"))
            .heads(PooledAnchors.of(config, 1))
            .option("ignore.threshold", config.number("ignore_thresh"));
    return new Translated(
        Translator.build(config, builder),
        rows,
        result -> result.rawSums().stream().flatMapToDouble(this::logged).toArray(),
        List.of());
  }

  private DoubleStream logged(RawSums sums) {
    double objectness = sums.objectnessOnMatches() + sums.objectnessElsewhere();
    return dena
        ? DoubleStream.of(sums.xy(), sums.wh() / 2, objectness, sums.classification(), Double.NaN)
        : DoubleStream.of(sums.xy(), sums.wh(), objectness, sums.classification());
  }
}
