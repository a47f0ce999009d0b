package dev.yololoss.trainer.check;

import dev.yololoss.spec.AnchorUnit;
import dev.yololoss.spec.Head;
import dev.yololoss.spec.Heads;
import dev.yololoss.trainer.safetensors.SafetensorsException;
import java.util.ArrayList;
import java.util.List;

/**
 * Heads as YOLOv3 and darknet write them: all anchors in {@code anchors}, those of each layer in
 * {@code masks}.
 */
final class PooledAnchors {
  private PooledAnchors() {}

  static Heads of(CaseConfig config, double scaleXY) throws SafetensorsException {
    List<Head> heads = new ArrayList<>();
    List<CaseConfig> layers = config.list("layers");
    List<CaseConfig> masks = config.list("masks");
    if (masks.size() != layers.size()) {
      throw new SafetensorsException(
          config.file(),
          "config.masks has " + masks.size() + " entries; config.layers has " + layers.size());
    }
    for (int i = 0; i < layers.size(); i++) {
      heads.add(new Head(layers.get(i).whole("stride"), masks.get(i).wholes(), scaleXY));
    }
    return new Heads(config.anchors("anchors"), heads, AnchorUnit.PIXELS);
  }
}
