package dev.yololoss;

/**
 * One row of the assignment table: a target and a slot that is responsible for it.
 *
 * @param target the row of the targets as the caller passed them, rows that were left out included
 * @param layer the head
 * @param image the image
 * @param anchor the anchor within the head
 * @param row the cell's row
 * @param column the cell's column
 * @param replaced whether a later target took the slot and this row pays nothing for box and class
 * @param iou plain IoU of predicted box and target
 * @param boxLoss the row's box loss before weights and reduction
 * @param objectnessLoss the slot's objectness loss before weights and reduction
 * @param classLoss the row's class loss before weights and reduction
 */
public record Match(
    int target,
    int layer,
    int image,
    int anchor,
    int row,
    int column,
    boolean replaced,
    double iou,
    double boxLoss,
    double objectnessLoss,
    double classLoss) {
  Match ofTarget(int row) {
    return new Match(
        row,
        layer,
        image,
        anchor,
        this.row,
        column,
        replaced,
        iou,
        boxLoss,
        objectnessLoss,
        classLoss);
  }
}
