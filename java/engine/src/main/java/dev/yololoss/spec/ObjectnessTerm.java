package dev.yololoss.spec;

/**
 * What a cell pays for its objectness.
 *
 * @param kind the formula
 * @param target what a matched cell should say
 * @param weight the factor of the whole term, at least 0
 * @param matchWeight the factor of matched cells, at least 0
 * @param elsewhereWeight the factor of all other cells, at least 0
 * @param positiveWeight the weight of the positive part of a BCE from logits, greater than 0
 * @param iouShare of {@link Target#MATCH_IOU}: the target is {@code (1 - iouShare) + iouShare *
 *     overlap} (yolov5's {@code gr}), 0..1
 * @param sortByIou of matches that share a cell and anchor the one with the largest overlap sets
 *     the target, not the last
 * @param smooth darknet's {@code objectness_smooth}
 */
public record ObjectnessTerm(
    Kind kind,
    Target target,
    double weight,
    double matchWeight,
    double elsewhereWeight,
    double positiveWeight,
    double iouShare,
    boolean sortByIou,
    boolean smooth) {
  /** The formulas. */
  public enum Kind {
    /** {@code m (s(o) - t)^2}, m the match or elsewhere weight. */
    SQUARED_ERROR,
    /** {@code (m (s(o) - t))^2}: these weights act squared (YOLOv2 but for v1). */
    SQUARED_WEIGHTED_ERROR,
    /** Binary cross-entropy. */
    BCE,
    /**
     * Binary cross-entropy whose positive part is weighted by half the ratio of cells to targets
     * (YOLOv3-from-scratch series).
     */
    BCE_WEIGHTED_BY_RARITY,
    /** darknet's delta {@code t - s(o)}. */
    DELTA
  }

  /** What a matched cell should say. */
  public enum Target {
    /** 1. */
    ONE,
    /** The largest IoU of the cell's predicted box with the image's targets. */
    BEST_IOU,
    /** The overlap of the box term with the matched target, at least 0. */
    MATCH_IOU
  }

  public ObjectnessTerm {
    Require.present("objectness.kind", kind);
    Require.present("objectness.target", target);
    Require.finiteAtLeast("objectness.weight", weight, 0);
    Require.finiteAtLeast("objectness.matchWeight", matchWeight, 0);
    Require.finiteAtLeast("objectness.elsewhereWeight", elsewhereWeight, 0);
    Require.positive("objectness.positiveWeight", positiveWeight);
    Require.within("objectness.iouShare", iouShare, 0, 1);
  }
}
