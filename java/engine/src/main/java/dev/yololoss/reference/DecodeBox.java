package dev.yololoss.reference;

import dev.yololoss.spec.BoxDecoding;

/**
 * How a slot's four raw outputs become a box: see {@link BoxDecoding}.
 *
 * @param offset the centre as the cell sees it, in cells from its corner, and the sides in the unit
 *     of the boxes
 * @param box the box in the unit of the boxes
 * @param slope the derivative of x, y, width and height of {@code box} with respect to the raw
 *     output of the same name
 */
record DecodeBox(Box offset, Box box, double[] slope) {
  static DecodeBox of(BoxDecoding decoding, HeadValues values, int slot) {
    Grid grid = values.grid();
    double x = values.read(slot, 0);
    double y = values.read(slot, 1);
    double w = values.read(slot, 2);
    double h = values.read(slot, 3);
    int i = grid.columnOf(slot);
    int j = grid.rowOf(slot);
    Box anchor = grid.shape(grid.anchorOf(slot));
    return switch (decoding) {
      case SIGMOID_EXP -> {
        Box offset =
            new Box(
                Sigmoid.of(x),
                Sigmoid.of(y),
                Math.exp(w) * anchor.width(),
                Math.exp(h) * anchor.height());
        yield new DecodeBox(
            offset,
            offset.movedBy(i, j),
            new double[] {Sigmoid.slope(x), Sigmoid.slope(y), offset.width(), offset.height()});
      }
      case SIGMOID_EXP_LIMITED -> {
        double most = Math.max(grid.width(), grid.height());
        double width = Math.exp(w) * anchor.width();
        double height = Math.exp(h) * anchor.height();
        Box offset =
            new Box(Sigmoid.of(x), Sigmoid.of(y), Math.min(width, most), Math.min(height, most));
        yield new DecodeBox(
            offset,
            offset.movedBy(i, j),
            new double[] {
              Sigmoid.slope(x),
              Sigmoid.slope(y),
              width <= most ? width : 0,
              height <= most ? height : 0
            });
      }
      case YOLOV5 -> {
        double sw = Sigmoid.of(w);
        double sh = Sigmoid.of(h);
        Box offset =
            new Box(
                2 * Sigmoid.of(x) - 0.5,
                2 * Sigmoid.of(y) - 0.5,
                4 * sw * sw * anchor.width(),
                4 * sh * sh * anchor.height());
        yield new DecodeBox(
            offset,
            offset.movedBy(i, j),
            new double[] {
              2 * Sigmoid.slope(x),
              2 * Sigmoid.slope(y),
              8 * sw * Sigmoid.slope(w) * anchor.width(),
              8 * sh * Sigmoid.slope(h) * anchor.height()
            });
      }
      case DARKNET -> {
        double scale = grid.scaleXY();
        Box offset =
            new Box(
                Sigmoid.of(x) * scale - 0.5 * (scale - 1),
                Sigmoid.of(y) * scale - 0.5 * (scale - 1),
                Math.exp(w) * grid.anchors().get(grid.anchorOf(slot)).width() / grid.imageWidth(),
                Math.exp(h)
                    * grid.anchors().get(grid.anchorOf(slot)).height()
                    / grid.imageHeight());
        yield new DecodeBox(
            offset,
            inImage(grid, offset, i, j),
            new double[] {
              scale * Sigmoid.slope(x) / grid.width(),
              scale * Sigmoid.slope(y) / grid.height(),
              offset.width(),
              offset.height()
            });
      }
      case DARKNET_NEW_COORDS -> {
        double scale = grid.scaleXY();
        Box offset =
            new Box(
                x * scale - 0.5 * (scale - 1),
                y * scale - 0.5 * (scale - 1),
                w * w * 4 * grid.anchors().get(grid.anchorOf(slot)).width() / grid.imageWidth(),
                h * h * 4 * grid.anchors().get(grid.anchorOf(slot)).height() / grid.imageHeight());
        yield new DecodeBox(
            offset,
            inImage(grid, offset, i, j),
            new double[] {
              scale / grid.width(),
              scale / grid.height(),
              8 * w * anchor.width(),
              8 * h * anchor.height()
            });
      }
    };
  }

  private static Box inImage(Grid grid, Box offset, int i, int j) {
    return new Box(
        (i + offset.x()) / grid.width(),
        (j + offset.y()) / grid.height(),
        offset.width(),
        offset.height());
  }
}
