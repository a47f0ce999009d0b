package dev.yololoss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.loss.Loss;
import dev.yololoss.spec.Anchor;
import dev.yololoss.spec.LossSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Yolov5's loss as one writes it without this project: tensor operations, gradients by autograd.
 * Labels are {@code [images, rows, 5]} with the top left corner. Nothing of the project takes part
 * but the numbers of the description. Two boxes on one slot are not provided for.
 */
final class AutogradYolov5Loss extends Loss implements AutoCloseable {
  private static final double EPSILON = 1e-7;

  private final LossSpec spec;
  private final NDManager manager = NDManager.newBaseManager("PyTorch");

  /**
   * Numbers as arrays that stay: DJL's operators that take a plain number lose their temporary to
   * the garbage collector, sometimes before the backward pass reads it.
   */
  private final Map<Double, NDArray> numbers = new HashMap<>();

  AutogradYolov5Loss(LossSpec spec) {
    super("autograd");
    this.spec = spec;
  }

  /** One slot that is responsible for a box; both boxes' numbers are in grid cells. */
  private record Row(long slot, int category, float[] box, float[] anchor) {}

  @Override
  public NDArray evaluate(NDList labels, NDList heads) {
    NDArray total = number(0);
    for (int layer = 0; layer < heads.size(); layer++) {
      total = total.add(layer(layer, heads.get(layer), labels.head()));
    }
    return total.mul(number(heads.head().getShape().get(0)));
  }

  private NDArray layer(int layer, NDArray head, NDArray labels) {
    Shape shape = head.getShape();
    long anchors = spec.heads().anchorsOf(layer).size();
    NDArray cells =
        head.reshape(shape.get(0), anchors, spec.attributes(), shape.get(2), shape.get(3))
            .transpose(0, 1, 3, 4, 2)
            .reshape(-1, spec.attributes());
    List<Row> rows = rows(layer, (int) shape.get(3), labels);
    NDManager step = head.getManager();
    NDArray asked = step.zeros(new Shape(cells.getShape().get(0)));
    NDArray loss = number(0);
    if (!rows.isEmpty()) {
      NDArray slots = step.create(rows.stream().mapToLong(Row::slot).toArray());
      NDArray matched = cells.get(slots);
      NDArray overlap = overlap(matched, rows, step);
      NDArray box = number(1).sub(overlap).mean().mul(number(spec.box().weight()));
      loss = loss.add(box).add(classes(matched, rows, step));
      asked = asked.put(slots, overlap.stopGradient().maximum(number(0)));
    }
    double weight = spec.objectness().weight() * spec.reduction().balance().get(layer);
    return loss.add(bce(cells.get(new NDIndex(":, 4")), asked).mean().mul(number(weight)));
  }

  private NDArray classes(NDArray matched, List<Row> rows, NDManager step) {
    float[][] asked = new float[rows.size()][spec.classes()];
    for (int row = 0; row < asked.length; row++) {
      asked[row][rows.get(row).category] = 1;
    }
    NDArray logits = matched.get(new NDIndex(":, 5:"));
    return bce(logits, step.create(asked)).mean().mul(number(spec.classification().weight()));
  }

  private static NDArray bce(NDArray logits, NDArray asked) {
    return Activation.softPlus(logits).sub(logits.mul(asked));
  }

  /** The complete IoU of each row's decoded box and its truth, {@code [rows]}. */
  private NDArray overlap(NDArray matched, List<Row> rows, NDManager step) {
    NDArray s = Activation.sigmoid(matched.get(new NDIndex(":, 0:4"))).mul(number(2));
    NDArray anchors = step.create(rows.stream().map(Row::anchor).toArray(float[][]::new));
    NDArray centre = s.get(new NDIndex(":, 0:2")).sub(number(0.5));
    NDArray sides = s.get(new NDIndex(":, 2:4")).square().mul(anchors);
    NDArray truth = step.create(rows.stream().map(Row::box).toArray(float[][]::new));
    NDArray trueCentre = truth.get(new NDIndex(":, 0:2"));
    NDArray trueSides = truth.get(new NDIndex(":, 2:4"));

    NDArray half = number(0.5);
    NDArray low = centre.sub(sides.mul(half));
    NDArray high = centre.add(sides.mul(half));
    NDArray trueLow = trueCentre.sub(trueSides.mul(half));
    NDArray trueHigh = trueCentre.add(trueSides.mul(half));
    NDArray common = high.minimum(trueHigh).sub(low.maximum(trueLow)).maximum(number(0));
    NDArray intersection = x(common).mul(y(common));
    NDArray union =
        x(sides)
            .mul(y(sides))
            .add(x(trueSides).mul(y(trueSides)))
            .sub(intersection)
            .add(number(EPSILON));
    NDArray iou = intersection.div(union);

    NDArray hull = high.maximum(trueHigh).sub(low.minimum(trueLow)).square();
    NDArray distance = centre.sub(trueCentre).square();
    NDArray apart = x(distance).add(y(distance)).div(x(hull).add(y(hull)).add(number(EPSILON)));
    NDArray angle = x(trueSides).div(y(trueSides)).atan().sub(x(sides).div(y(sides)).atan());
    NDArray shape = angle.square().mul(number(4 / (Math.PI * Math.PI)));
    NDArray alpha = shape.div(shape.sub(iou).add(number(1 + EPSILON))).stopGradient();
    return iou.sub(apart).sub(shape.mul(alpha));
  }

  private List<Row> rows(int layer, int grid, NDArray labels) {
    float[] numbers = labels.toFloatArray();
    int perImage = (int) labels.getShape().get(1);
    int stride = spec.heads().heads().get(layer).stride();
    List<Anchor> anchors = spec.heads().anchorsOf(layer);
    List<Row> rows = new ArrayList<>();
    for (int label = 0; label < numbers.length / 5; label++) {
      int at = 5 * label;
      if (numbers[at] < 0) {
        continue;
      }
      double width = numbers[at + 3] * grid;
      double height = numbers[at + 4] * grid;
      double x = numbers[at + 1] * grid + width / 2;
      double y = numbers[at + 2] * grid + height / 2;
      for (int anchor = 0; anchor < anchors.size(); anchor++) {
        double anchorWidth = anchors.get(anchor).width() / stride;
        double anchorHeight = anchors.get(anchor).height() / stride;
        if (!alike(width / anchorWidth) || !alike(height / anchorHeight)) {
          continue;
        }
        long plane = (long) (label / perImage) * anchors.size() + anchor;
        for (int[] cell : cells(x, y, grid)) {
          rows.add(
              new Row(
                  (plane * grid + cell[1]) * grid + cell[0],
                  (int) numbers[at],
                  floats(x - cell[0], y - cell[1], width, height),
                  floats(anchorWidth, anchorHeight)));
        }
      }
    }
    return rows;
  }

  private static boolean alike(double ratio) {
    return Math.max(ratio, 1 / ratio) < 4;
  }

  /**
   * The cell, and its neighbours on the sides that the centre is nearer to; of a centre between two
   * cells the one on the right or below once more.
   */
  private static List<int[]> cells(double x, double y, int grid) {
    List<int[]> cells = new ArrayList<>();
    cells.add(cell(x, y));
    if (nearer(x)) {
      cells.add(cell(x - 0.5, y));
    }
    if (nearer(y)) {
      cells.add(cell(x, y - 0.5));
    }
    if (nearer(grid - x)) {
      cells.add(cell(x + 0.5, y));
    }
    if (nearer(grid - y)) {
      cells.add(cell(x, y + 0.5));
    }
    return cells;
  }

  private static boolean nearer(double fromSide) {
    return fromSide % 1 < 0.5 && fromSide > 1;
  }

  private static int[] cell(double x, double y) {
    return new int[] {(int) x, (int) y};
  }

  private static float[] floats(double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private static NDArray x(NDArray pairs) {
    return pairs.get(new NDIndex(":, 0"));
  }

  private static NDArray y(NDArray pairs) {
    return pairs.get(new NDIndex(":, 1"));
  }

  private NDArray number(double value) {
    return numbers.computeIfAbsent(value, v -> manager.create(v.floatValue()));
  }

  @Override
  public void close() {
    manager.close();
  }
}
