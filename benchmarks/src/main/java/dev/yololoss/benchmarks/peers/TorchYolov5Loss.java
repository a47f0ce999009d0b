package dev.yololoss.benchmarks.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.GradientCollector;
import dev.yololoss.Targets;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import java.util.List;
import java.util.function.Consumer;

/**
 * Yolov5's loss as its users run it: vectorised tensor operations on libtorch, gradients by
 * autograd. Only the assignment, little work, is plain Java. Heads are {@code [B, A, H, W, 5 + C]}.
 */
final class TorchYolov5Loss implements AutoCloseable {
  private static final NDIndex XY = new NDIndex(":, 0:2");
  private static final NDIndex WH = new NDIndex(":, 2:4");
  private static final NDIndex OBJECTNESS = new NDIndex(":, 4");
  private static final NDIndex CLASSES = new NDIndex(":, 5:");

  private final LossSpec spec;
  private final NDManager manager;
  private final TorchConstants number;
  private final TorchCiou ciou;

  TorchYolov5Loss(LossSpec spec) {
    if (!spec.equals(LossSpec.builder(Preset.YOLOV5).classes(spec.classes()).build())) {
      throw new IllegalArgumentException("only yolov5 with its own options is written here");
    }
    this.spec = spec;
    this.manager = NDManager.newBaseManager();
    this.number = new TorchConstants(manager);
    this.ciou = new TorchCiou(number);
  }

  NDManager manager() {
    return manager;
  }

  /**
   * The loss; its gradients are made and shown to a reader, one per head, and then freed with
   * everything else of the step.
   */
  float step(List<NDArray> heads, Targets targets, Consumer<List<NDArray>> gradients) {
    try (NDManager step = manager.newSubManager()) {
      NDList leaves = new NDList();
      for (NDArray head : heads) {
        NDArray leaf = head.stopGradient();
        leaf.attach(step);
        leaf.setRequiresGradient(true);
        leaves.add(leaf);
      }
      NDArray total;
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        total = total(leaves, targets);
        collector.backward(total);
      }
      gradients.accept(leaves.stream().map(NDArray::getGradient).toList());
      return total.getFloat();
    }
  }

  private NDArray total(NDList heads, Targets targets) {
    NDArray sum = null;
    for (int layer = 0; layer < heads.size(); layer++) {
      NDArray part = layer(layer, heads.get(layer), targets);
      sum = sum == null ? part : sum.add(part);
    }
    return sum.mul(number.of(heads.getFirst().getShape().get(0)));
  }

  private NDArray layer(int layer, NDArray head, Targets targets) {
    Shape shape = head.getShape();
    int height = (int) shape.get(2);
    int width = (int) shape.get(3);
    int stride = spec.heads().heads().get(layer).stride();
    Yolov5Rows rows = Yolov5Rows.of(targets, spec.heads().anchorsOf(layer), stride, height, width);
    NDArray cells = head.reshape(-1, spec.attributes());
    NDArray asked = head.getManager().zeros(new Shape(cells.getShape().get(0)));
    NDArray loss = null;
    if (rows.count() > 0) {
      NDArray slots = head.getManager().create(rows.slots());
      NDArray matched = cells.get(slots);
      NDArray overlap = overlap(matched, rows);
      NDArray box = overlap.neg().add(number.of(1)).mean().mul(number.of(spec.box().weight()));
      asked = asked.put(slots, overlap.stopGradient().maximum(number.of(0)).reshape(-1));
      loss = spec.classes() == 1 ? box : box.add(classes(matched, rows));
    }
    double weight = spec.reduction().balance().get(layer) * spec.objectness().weight();
    NDArray objectness = bce(cells.get(OBJECTNESS), asked).mean().mul(number.of(weight));
    return loss == null ? objectness : loss.add(objectness);
  }

  private NDArray overlap(NDArray matched, Yolov5Rows rows) {
    NDManager step = matched.getManager();
    NDArray xy = Activation.sigmoid(matched.get(XY)).mul(number.of(2)).sub(number.of(0.5));
    NDArray wh =
        Activation.sigmoid(matched.get(WH))
            .mul(number.of(2))
            .square()
            .mul(step.create(rows.anchors()));
    NDArray truth = step.create(rows.boxes());
    return ciou.of(
        new TorchCiou.Boxes(column(xy, 0), column(xy, 1), column(wh, 0), column(wh, 1)),
        new TorchCiou.Boxes(
            column(truth, 0), column(truth, 1), column(truth, 2), column(truth, 3)));
  }

  private NDArray classes(NDArray matched, Yolov5Rows rows) {
    float[] asked = new float[rows.count() * spec.classes()];
    for (int row = 0; row < rows.count(); row++) {
      asked[row * spec.classes() + rows.categories()[row]] = 1;
    }
    NDArray target = matched.getManager().create(asked, new Shape(rows.count(), spec.classes()));
    return bce(matched.get(CLASSES), target).mean().mul(number.of(spec.classification().weight()));
  }

  /** As many operations as torch's own binary_cross_entropy_with_logits. */
  private static NDArray bce(NDArray logits, NDArray targets) {
    return Activation.softPlus(logits).sub(logits.mul(targets));
  }

  private static NDArray column(NDArray rows, int column) {
    return rows.get(new NDIndex(":, " + column + ":" + (column + 1)));
  }

  @Override
  public void close() {
    manager.close();
  }
}
