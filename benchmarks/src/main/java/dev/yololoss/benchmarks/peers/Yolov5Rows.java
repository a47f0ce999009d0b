package dev.yololoss.benchmarks.peers;

import dev.yololoss.Targets;
import dev.yololoss.spec.Anchor;
import java.util.ArrayList;
import java.util.List;

/**
 * The rows that yolov5 makes responsible in one layer, in its order: the cell itself and up to two
 * neighbours, for each anchor and each box whose shapes fit. Slots count over {@code [image,
 * anchor, row, column]}; boxes and anchors are in cells, boxes relative to the row's cell.
 */
record Yolov5Rows(long[] slots, int[] categories, float[][] boxes, float[][] anchors) {
  private static final double RATIO_LIMIT = 4;

  /** A neighbour that a box in a cell's right or lower half may also take, and so on. */
  private enum Offset {
    NONE(0, 0),
    LEFT(0.5, 0),
    UP(0, 0.5),
    RIGHT(-0.5, 0),
    DOWN(0, -0.5);

    private final double x;
    private final double y;

    Offset(double x, double y) {
      this.x = x;
      this.y = y;
    }

    boolean takes(double gx, double gy, int width, int height) {
      return switch (this) {
        case NONE -> true;
        case LEFT -> near(gx);
        case UP -> near(gy);
        case RIGHT -> near(width - gx);
        case DOWN -> near(height - gy);
      };
    }

    private static boolean near(double position) {
      return position % 1 < 0.5 && position > 1;
    }
  }

  static Yolov5Rows of(Targets targets, List<Anchor> anchors, int stride, int height, int width) {
    List<Long> slots = new ArrayList<>();
    List<Integer> categories = new ArrayList<>();
    List<float[]> boxes = new ArrayList<>();
    List<float[]> sides = new ArrayList<>();
    for (Offset offset : Offset.values()) {
      for (int a = 0; a < anchors.size(); a++) {
        double anchorWidth = anchors.get(a).width() / stride;
        double anchorHeight = anchors.get(a).height() / stride;
        for (int t = 0; t < targets.size(); t++) {
          double gx = targets.centreX(t) * width;
          double gy = targets.centreY(t) * height;
          double gw = targets.width(t) * width;
          double gh = targets.height(t) * height;
          if (!fits(gw / anchorWidth, gh / anchorHeight) || !offset.takes(gx, gy, width, height)) {
            continue;
          }
          int column = Math.clamp((int) (gx - offset.x), 0, width - 1);
          int row = Math.clamp((int) (gy - offset.y), 0, height - 1);
          long plane = (long) targets.image(t) * anchors.size() + a;
          slots.add((plane * height + row) * width + column);
          categories.add(targets.category(t));
          boxes.add(
              new float[] {(float) (gx - column), (float) (gy - row), (float) gw, (float) gh});
          sides.add(new float[] {(float) anchorWidth, (float) anchorHeight});
        }
      }
    }
    return new Yolov5Rows(
        slots.stream().mapToLong(Long::longValue).toArray(),
        categories.stream().mapToInt(Integer::intValue).toArray(),
        boxes.toArray(float[][]::new),
        sides.toArray(float[][]::new));
  }

  int count() {
    return slots.length;
  }

  private static boolean fits(double widthRatio, double heightRatio) {
    double worst =
        Math.max(Math.max(widthRatio, 1 / widthRatio), Math.max(heightRatio, 1 / heightRatio));
    return worst < RATIO_LIMIT;
  }
}
