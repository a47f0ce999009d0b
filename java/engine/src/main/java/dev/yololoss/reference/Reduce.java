package dev.yololoss.reference;

import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.ObjectnessTerm;
import java.util.List;

/**
 * The factor of each raw term of one layer in the total: see {@link
 * dev.yololoss.spec.Reduction.Kind}. Known before any term, since counts come from the decisions.
 *
 * @param xy of a match's centre error
 * @param wh of a match's size error
 * @param overlap of a match's 1 - overlap
 * @param objectnessOnMatches of a matched slot's objectness
 * @param objectnessElsewhere of another slot's objectness
 * @param classification of a match's class error
 */
record Reduce(
    double xy,
    double wh,
    double overlap,
    double objectnessOnMatches,
    double objectnessElsewhere,
    double classification) {
  static Reduce of(
      LossSpec spec, List<Grid> grids, Decisions decisions, double[] balance, int layer) {
    double images = grids.get(layer).images();
    double box = spec.box().weight();
    double objectness = spec.objectness().weight();
    double classification = spec.classification().weight();
    double onMatches = objectness * cellWeight(spec, spec.objectness().matchWeight());
    double elsewhere = objectness * cellWeight(spec, spec.objectness().elsewhereWeight());
    double cells = grids.get(layer).slots();
    double rows = decisions.rows(layer);
    return switch (spec.reduction().kind()) {
      case SUM -> new Reduce(box, half(spec) * box, box, onMatches, elsewhere, classification);
      case SUM_OVER_BATCH ->
          new Reduce(
              box / images,
              half(spec) * box / images,
              box / images,
              onMatches / images,
              elsewhere / images,
              classification / images);
      case HALVED_SUM_OVER_BATCH ->
          new Reduce(
              box / 2 / images,
              box / 2 / images,
              box / 2 / images,
              onMatches / 2 / images,
              elsewhere / 2 / images,
              classification / images);
      case RUNNING_LAYER_MEANS -> {
        // loss_xy and loss_wh run on over the layers and are added whole at each layer that has
        // matches
        double times = 0;
        for (int later = layer; later < grids.size(); later++) {
          times += decisions.rows(later) > 0 ? 1 : 0;
        }
        yield new Reduce(
            times * box / (2 * rows),
            times * box / (2 * rows) / 10,
            box / rows,
            onMatches / cells,
            elsewhere / cells,
            classification / (rows * spec.classes()));
      }
      case LAYER_MEANS_TIMES_BATCH -> {
        double perRow =
            switch (spec.classification().kind()) {
              case BCE -> 1 / (rows * spec.classes());
              default -> 1 / rows;
            };
        double mean = images * balance[layer] / cells;
        yield new Reduce(
            0,
            0,
            images * box / rows,
            mean * onMatches,
            mean * elsewhere,
            spec.classes() > 1 ? images * classification * perRow : 0);
      }
    };
  }

  private static double cellWeight(LossSpec spec, double weight) {
    return spec.objectness().kind() == ObjectnessTerm.Kind.SQUARED_WEIGHTED_ERROR
        ? weight * weight
        : weight;
  }

  /** YOLOv3's size errors count half. */
  private static double half(LossSpec spec) {
    return switch (spec.box().kind()) {
      case BCE_AND_SQUARED_ERROR_EXP, BCE_AND_SQUARED_ERROR_LOG -> 0.5;
      default -> 1;
    };
  }
}
