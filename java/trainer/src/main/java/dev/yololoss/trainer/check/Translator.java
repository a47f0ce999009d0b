package dev.yololoss.trainer.check;

import dev.yololoss.spec.Heads;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import dev.yololoss.spec.SpecException;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import java.util.List;

/** Turns one family's configuration into a loss. */
interface Translator {
  Translated translate(Preset preset, CaseConfig config, List<double[]> rows)
      throws SafetensorsException;

  static Translator of(Preset preset, String nameInFile) {
    return switch (preset) {
      case YOLOV5, YOLOV5_CE -> new Yolov5Translator();
      case YOLOV2, YOLOV2_OLD, YOLOV2_V1, YOLOV2_V2 -> new Yolov2Translator();
      case YOLOV3_LOGITS -> new Yolov3LogitsTranslator();
      case YOLOV3_BCE -> new Yolov3BceTranslator(nameInFile.equals("dena"));
      case YOLOV3_RATIO, YOLOV3_BEST -> new FromScratchTranslator();
      case DARKNET, DARKNET_AUTODIFF -> new DarknetTranslator();
    };
  }

  /** Heads whose anchors compete only among themselves. */
  static Heads ownAnchors(CaseConfig config) throws SafetensorsException {
    Heads.Builder builder = Heads.builder();
    for (CaseConfig layer : config.list("layers")) {
      double[] sides =
          layer.anchors("anchors").stream()
              .flatMap(a -> List.of(a.width(), a.height()).stream())
              .mapToDouble(d -> d)
              .toArray();
      builder.head(layer.whole("stride"), sides);
    }
    return builder.build();
  }

  static LossSpec build(CaseConfig config, LossSpec.Builder builder) throws SafetensorsException {
    try {
      return builder.build();
    } catch (SpecException e) {
      throw new SafetensorsException(config.file(), e.getMessage());
    }
  }
}
