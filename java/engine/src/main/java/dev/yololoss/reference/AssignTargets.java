package dev.yololoss.reference;

import dev.yololoss.Targets;
import dev.yololoss.spec.Assignment;
import dev.yololoss.spec.BoxDecoding;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Overlap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * Who is responsible for a target: one method per {@link Assignment.Rule}.
 *
 * <p>The rows come in the order in which the originals write them, which decides who is last on a
 * slot: layer by layer; within a layer by target, and in yolov5 by neighbour, anchor, target.
 */
final class AssignTargets {
  private final LossSpec spec;
  private final List<HeadValues> heads;
  private final Targets targets;
  private final List<List<Positive>> perLayer = new ArrayList<>();

  private AssignTargets(LossSpec spec, List<HeadValues> heads, Targets targets) {
    this.spec = spec;
    this.heads = heads;
    this.targets = targets;
    heads.forEach(head -> perLayer.add(new ArrayList<>()));
  }

  static List<Positive> of(LossSpec spec, List<HeadValues> heads, Targets targets) {
    AssignTargets assign = new AssignTargets(spec, heads, targets);
    switch (spec.assignment().rule()) {
      case BEST_ANCHOR_IN_CELL -> assign.bestAnchorInCell();
      case BEST_SHAPE -> assign.bestShape();
      case SHAPE_RATIO -> assign.shapeRatio();
      case BEST_PREDICTION -> assign.bestPrediction();
      case SHAPE_RATIO_WITH_NEIGHBOURS -> assign.shapeRatioWithNeighbours();
    }
    return assign.perLayer.stream().flatMap(List::stream).toList();
  }

  /** The first anchor of the pool with the largest IoU, centred in the target's cell; zjykzj. */
  private void bestAnchorInCell() {
    for (HeadValues head : heads) {
      Grid grid = head.grid();
      for (int row = 0; row < targets.size(); row++) {
        Box target = box(grid, row);
        double x = grid.column(targets.centreX(row)) + 0.5;
        double y = grid.row(targets.centreY(row)) + 0.5;
        int best =
            firstLargest(
                grid.pool().size(), n -> PlainIou.of(grid.poolShape(n).movedBy(x, y), target));
        addIfMember(grid, row, best);
      }
    }
  }

  /**
   * The first anchor of the pool with the largest IoU of shapes, and darknet's others over {@code
   * extraIou}.
   */
  private void bestShape() {
    Assignment rule = spec.assignment();
    for (HeadValues head : heads) {
      Grid grid = head.grid();
      for (int row = 0; row < targets.size(); row++) {
        Box shape = box(grid, row).shape();
        int best = firstLargest(grid.pool().size(), n -> PlainIou.of(grid.poolShape(n), shape));
        addIfMember(grid, row, best);
        if (rule.extraIou() < 1) {
          for (int n = 0; n < grid.pool().size(); n++) {
            if (n != best
                && shapeOverlap(rule.extraOverlap(), grid.poolShape(n), shape) > rule.extraIou()) {
              addIfMember(grid, row, n);
            }
          }
        }
      }
    }
  }

  private static double shapeOverlap(Overlap kind, Box anchor, Box shape) {
    return DarknetOverlap.value(kind, anchor, shape);
  }

  /**
   * Per layer the first anchor with the smallest |w/aw - 1| + |h/ah - 1|, if below the limit;
   * compute_loss.
   */
  private void shapeRatio() {
    for (HeadValues head : heads) {
      Grid grid = head.grid();
      for (int row = 0; row < targets.size(); row++) {
        Box target = box(grid, row);
        IntToDoubleFunction distance =
            a ->
                Math.abs(target.width() / grid.shape(a).width() - 1)
                    + Math.abs(target.height() / grid.shape(a).height() - 1);
        int best = firstLargest(grid.anchors().size(), a -> -distance.applyAsDouble(a));
        if (distance.applyAsDouble(best) < spec.assignment().ratioLimit()) {
          add(grid, row, best, grid.row(targets.centreY(row)), grid.column(targets.centreX(row)));
        }
      }
    }
  }

  /**
   * The first layer, and in it the first anchor, whose predicted box in the target's cell has the
   * largest IoU; compute_loss2.
   */
  private void bestPrediction() {
    for (int row = 0; row < targets.size(); row++) {
      int bestLayer = 0;
      int bestAnchor = 0;
      double largest = Double.NEGATIVE_INFINITY;
      for (HeadValues head : heads) {
        Grid grid = head.grid();
        int j = grid.row(targets.centreY(row));
        int i = grid.column(targets.centreX(row));
        Box truth = inCell(grid, row, j, i);
        for (int a = 0; a < grid.anchors().size(); a++) {
          Box predicted =
              DecodeBox.of(spec.decoding(), head, grid.slot(targets.image(row), a, j, i)).offset();
          double iou = PlainIou.of(predicted, truth);
          if (iou > largest) {
            largest = iou;
            bestLayer = grid.layer();
            bestAnchor = a;
          }
        }
      }
      Grid grid = heads.get(bestLayer).grid();
      add(grid, row, bestAnchor, grid.row(targets.centreY(row)), grid.column(targets.centreX(row)));
    }
  }

  /** A neighbour of the target's cell: the point that is moved by (dx, dy) falls into it. */
  private record Neighbour(double dx, double dy) {}

  private static final List<Neighbour> NEIGHBOURS =
      List.of(
          new Neighbour(0, 0),
          new Neighbour(0.5, 0),
          new Neighbour(0, 0.5),
          new Neighbour(-0.5, 0),
          new Neighbour(0, -0.5));

  /**
   * Every anchor within the ratio, in the target's cell and in the nearer of its neighbours along
   * each axis; yolov5.
   */
  private void shapeRatioWithNeighbours() {
    for (HeadValues head : heads) {
      Grid grid = head.grid();
      for (Neighbour neighbour : NEIGHBOURS) {
        for (int a = 0; a < grid.anchors().size(); a++) {
          for (int row = 0; row < targets.size(); row++) {
            Box target = box(grid, row);
            if (withinRatio(target, grid.shape(a)) && near(neighbour, target, grid)) {
              int i = clamp((int) (target.x() - neighbour.dx), grid.width() - 1);
              int j = clamp((int) (target.y() - neighbour.dy), grid.height() - 1);
              add(grid, row, a, j, i);
            }
          }
        }
      }
    }
  }

  private boolean withinRatio(Box target, Box anchor) {
    double rw = target.width() / anchor.width();
    double rh = target.height() / anchor.height();
    return Math.max(Math.max(rw, 1 / rw), Math.max(rh, 1 / rh)) < spec.assignment().ratioLimit();
  }

  private static boolean near(Neighbour neighbour, Box target, Grid grid) {
    if (neighbour.dx > 0) {
      return lowHalf(target.x());
    }
    if (neighbour.dx < 0) {
      return lowHalf(grid.width() - target.x());
    }
    if (neighbour.dy > 0) {
      return lowHalf(target.y());
    }
    return neighbour.dy == 0 || lowHalf(grid.height() - target.y());
  }

  /** Whether a distance from the border ends in the nearer half of a cell that is not the first. */
  private static boolean lowHalf(double distance) {
    return distance % 1 < 0.5 && distance > 1;
  }

  private static int clamp(int value, int most) {
    return Math.max(0, Math.min(value, most));
  }

  private Box box(Grid grid, int row) {
    return grid.target(
        targets.centreX(row), targets.centreY(row), targets.width(row), targets.height(row));
  }

  private Box inCell(Grid grid, int row, int j, int i) {
    Box target = box(grid, row);
    if (grid.inImageUnits()) {
      return target;
    }
    // the YOLOv3-from-scratch series subtracts the unclamped cell: a centre at 1 is at 0 of the
    // last cell
    return spec.decoding() == BoxDecoding.SIGMOID_EXP_LIMITED
        ? new Box(
            target.x() - Math.floor(target.x()),
            target.y() - Math.floor(target.y()),
            target.width(),
            target.height())
        : target.movedBy(-i, -j);
  }

  private void addIfMember(Grid grid, int row, int poolIndex) {
    int anchor = grid.members().indexOf(poolIndex);
    if (anchor >= 0) {
      add(grid, row, anchor, grid.row(targets.centreY(row)), grid.column(targets.centreX(row)));
    }
  }

  private void add(Grid grid, int row, int anchor, int j, int i) {
    int image = targets.image(row);
    perLayer
        .get(grid.layer())
        .add(
            new Positive(
                row,
                targets.category(row),
                grid.layer(),
                image,
                grid.slot(image, anchor, j, i),
                inCell(grid, row, j, i)));
  }

  private static int firstLargest(int count, IntToDoubleFunction measure) {
    int best = 0;
    for (int n = 1; n < count; n++) {
      if (measure.applyAsDouble(n) > measure.applyAsDouble(best)) {
        best = n;
      }
    }
    return best;
  }
}
