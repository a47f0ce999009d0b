package dev.yololoss.spec;

import java.util.List;

/**
 * One output of the network.
 *
 * @param stride pixels per grid cell, greater than 0
 * @param anchors indices into {@link Heads#anchors()}, in the order of the head's channels; at
 *     least one
 * @param scaleXY darknet's {@code scale_x_y}, which lets a centre reach over its cell: {@code s(x)
 *     scaleXY - (scaleXY - 1) / 2}; 1 for all other presets
 */
public record Head(int stride, List<Integer> anchors, double scaleXY) {
  public Head {
    if (stride <= 0) {
      throw new SpecException("heads.stride is " + stride + "; must be greater than 0");
    }
    Require.present("heads.anchors", anchors);
    anchors = List.copyOf(anchors);
    if (anchors.isEmpty()) {
      throw new SpecException(
          "heads.anchors of stride " + stride + " is empty; a head has at least one anchor");
    }
    Require.positive("heads.scaleXY", scaleXY);
  }
}
