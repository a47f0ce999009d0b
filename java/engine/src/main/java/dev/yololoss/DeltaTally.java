package dev.yololoss;

/**
 * What darknet's yolo layer counts and adds up for one layer.
 *
 * @param iou sum of the IoU of the matches
 * @param iouLoss sum of 1 - IoU
 * @param giouLoss sum of 1 - GIoU
 * @param matches the number of matches of section "every truth"
 * @param boxes how often a box delta was written
 * @param rewrittenBoxes how often one was written over another
 * @param boxSquares sum of the squared deltas of x, y, w, h
 * @param objectnessSquares likewise of the objectness
 * @param classSquares likewise of the classes
 */
public record DeltaTally(
    double iou,
    double iouLoss,
    double giouLoss,
    int matches,
    int boxes,
    int rewrittenBoxes,
    double boxSquares,
    double objectnessSquares,
    double classSquares) {}
