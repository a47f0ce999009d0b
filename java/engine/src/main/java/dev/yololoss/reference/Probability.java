package dev.yololoss.reference;

import dev.yololoss.spec.BoxDecoding;

/**
 * Objectness and class outputs as probabilities: darknet's {@code new_coords} come as such, all
 * others are logits.
 */
final class Probability {
  private Probability() {}

  static double of(BoxDecoding decoding, double raw) {
    return decoding == BoxDecoding.DARKNET_NEW_COORDS ? raw : Sigmoid.of(raw);
  }
}
