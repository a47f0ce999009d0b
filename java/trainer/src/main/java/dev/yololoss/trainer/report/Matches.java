package dev.yololoss.trainer.report;

/**
 * How the network's boxes met the truth during an epoch of training.
 *
 * @param positives predictions that were assigned a truth box
 * @param ignored predictions excused from the objectness loss
 * @param meanIoU mean IoU of the positives with their boxes, 0 to 1
 * @param recall50 share of the truth boxes whose best positive reaches an IoU of 0.5; those without
 *     a positive count too
 * @param recall75 likewise 0.75
 * @param objectnessOnMatches mean objectness of the predictions that are positive, each once, 0 to
 *     1
 * @param objectnessElsewhere mean objectness of all other predictions, 0 to 1
 * @param churn share of the boxes seen in this epoch and the one before whose layers and anchors
 *     have changed, 0 to 1; NaN in the first epoch
 */
public record Matches(
    long positives,
    long ignored,
    double meanIoU,
    double recall50,
    double recall75,
    double objectnessOnMatches,
    double objectnessElsewhere,
    double churn) {}
