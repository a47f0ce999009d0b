package dev.yololoss;

import java.util.List;
import java.util.Optional;

/** Looks at every value of every head. */
final class Scan {
  private Scan() {}

  static Optional<NonFinite> of(List<HeadTensor> predictions) {
    for (int layer = 0; layer < predictions.size(); layer++) {
      HeadTensor t = predictions.get(layer);
      for (int image = 0; image < t.images(); image++) {
        for (int anchor = 0; anchor < t.anchors(); anchor++) {
          for (int row = 0; row < t.height(); row++) {
            for (int column = 0; column < t.width(); column++) {
              for (int attribute = 0; attribute < t.attributes(); attribute++) {
                double value = t.get(image, anchor, attribute, row, column);
                if (!Double.isFinite(value)) {
                  return Optional.of(
                      new NonFinite(
                          NonFinite.Kind.PREDICTION,
                          layer,
                          image,
                          anchor,
                          row,
                          column,
                          attribute,
                          value));
                }
              }
            }
          }
        }
      }
    }
    return Optional.empty();
  }
}
