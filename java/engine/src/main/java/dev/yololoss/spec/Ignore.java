package dev.yololoss.spec;

/**
 * Which cells without a target pay nothing for objectness.
 *
 * @param rule the rule
 * @param threshold of the largest IoU of the cell's predicted box with a target of the image
 * @param truthThreshold darknet's {@code truth_thresh}: a cell whose predicted box overlaps a
 *     target by more becomes a match of it; 1 switches it off
 * @param emptyImages what happens to an image without targets
 */
public record Ignore(Rule rule, double threshold, double truthThreshold, EmptyImages emptyImages) {
  /** The rules. M is the largest IoU of a cell's predicted box with the image's targets. */
  public enum Rule {
    /** Every cell pays. */
    NOBODY,
    /**
     * If any M of the head and image is greater than the threshold: every cell with M at least the
     * threshold.
     */
    IOU_AT_LEAST,
    /** Every cell with M greater than the threshold. */
    IOU_ABOVE,
    /**
     * Every cell with M greater than the threshold and any class probability greater than 0.25
     * (darknet).
     */
    IOU_ABOVE_AND_CLASS
  }

  /** Images without targets. */
  public enum EmptyImages {
    /** Their cells pay for objectness like all others. */
    COUNT,
    /** They add nothing to the loss and have no gradient. */
    SKIP
  }

  public Ignore {
    Require.present("ignore.rule", rule);
    Require.within("ignore.threshold", threshold, 0, 1);
    Require.within("ignore.truthThreshold", truthThreshold, 0, 1);
    Require.present("ignore.emptyImages", emptyImages);
  }
}
