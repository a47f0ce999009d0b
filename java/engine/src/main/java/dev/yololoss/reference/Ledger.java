package dev.yololoss.reference;

import dev.yololoss.LossParts;
import dev.yololoss.RawSums;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Where the terms of a step are entered: shares of the total by part, layer and image, raw sums,
 * and gradients.
 */
final class Ledger {
  /** The parts of a loss. */
  enum Part {
    BOX,
    OBJECTNESS,
    CLASSIFICATION
  }

  /** The raw sums of a layer. */
  enum Raw {
    XY,
    WH,
    OVERLAP,
    OBJECTNESS_ON_MATCHES,
    OBJECTNESS_ELSEWHERE,
    CLASSIFICATION
  }

  /** One head's gradient: dense for objectness, by slot for matches. What is not here is 0. */
  record LayerGradient(double[] objectness, Map<Integer, double[]> matched) {}

  private final double[][] perLayer;
  private final double[][] perImage;
  private final double[][] raw;
  private final List<LayerGradient> gradients;
  private final int attributes;

  Ledger(List<Grid> grids) {
    Grid first = grids.getFirst();
    perLayer = new double[grids.size()][Part.values().length];
    perImage = new double[first.images()][Part.values().length];
    raw = new double[grids.size()][Raw.values().length];
    gradients =
        grids.stream().map(g -> new LayerGradient(new double[g.slots()], new HashMap<>())).toList();
    attributes = first.attributes();
  }

  void share(Part part, int layer, int image, double value) {
    perLayer[layer][part.ordinal()] += value;
    perImage[image][part.ordinal()] += value;
  }

  void raw(Raw sum, int layer, double value) {
    raw[layer][sum.ordinal()] += value;
  }

  void objectnessSlope(int layer, int slot, double slope) {
    gradients.get(layer).objectness[slot] += slope;
  }

  /** Adds to the gradient of a matched slot's box or classes. */
  void slope(int layer, int slot, int attribute, double slope) {
    gradients.get(layer).matched.computeIfAbsent(slot, s -> new double[attributes])[attribute] +=
        slope;
  }

  LossParts total() {
    double[] sum = new double[Part.values().length];
    for (double[] layer : perLayer) {
      Arrays.setAll(sum, p -> sum[p] + layer[p]);
    }
    return parts(sum);
  }

  List<LossParts> perLayer() {
    return Arrays.stream(perLayer).map(Ledger::parts).toList();
  }

  List<LossParts> perImage() {
    return Arrays.stream(perImage).map(Ledger::parts).toList();
  }

  List<RawSums> rawSums() {
    return IntStream.range(0, raw.length)
        .mapToObj(
            l -> new RawSums(raw[l][0], raw[l][1], raw[l][2], raw[l][3], raw[l][4], raw[l][5]))
        .toList();
  }

  List<LayerGradient> gradients() {
    return gradients;
  }

  private static LossParts parts(double[] p) {
    return new LossParts(
        p[Part.BOX.ordinal()], p[Part.OBJECTNESS.ordinal()], p[Part.CLASSIFICATION.ordinal()]);
  }
}
